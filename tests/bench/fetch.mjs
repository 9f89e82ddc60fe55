// A peer: N requests at once as one writes it in Node. usage: node fetch.mjs URL N
const [url, n] = process.argv.slice(2);
const answers = await Promise.allSettled(
  Array.from({ length: Number(n) }, async () => {
    const answer = await fetch(url);
    await answer.arrayBuffer();
    return answer.ok;
  }),
);
process.exitCode = answers.every((a) => a.value === true) ? 0 : 1;
