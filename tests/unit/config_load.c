#include "config_load.h"

#include "cmocka_all.h"
#include "scratch.h"

#include <stdio.h>

struct load load_main(void *folder)
{
    struct load load = {0};
    load.result = config_load(scratch_path(folder, "main.conf"), &load.plan, &load.mistakes);
    return load;
}

struct load load_text(void *folder, const char *text)
{
    scratch_write(folder, "main.conf", text);
    return load_main(folder);
}

void load_free(struct load *load)
{
    plan_unref(load->plan);
    mistakes_free(&load->mistakes);
    *load = (struct load){0};
}

const struct endpoint *load_endpoint(struct load *load, void *folder, const char *keys)
{
    CLEANUP_FREE char *text = NULL;
    assert_true(asprintf(&text, "endpoints = ( { name = \"a\"; %s } );", keys) > 0);
    load_free(load);
    *load = load_text(folder, text);
    for (size_t i = 0; i < load->mistakes.n; i++)
        if (!load->mistakes.items[i].warning)
            fail_msg("%s: %s", keys, load->mistakes.items[i].text);
    assert_int_equal(load->result, 0);
    return &load->plan->endpoints[0];
}

void assert_mistake(const struct load *load, void *folder, size_t n, const char *file, unsigned line,
                    const char *text)
{
    if (n >= load->mistakes.n)
        fail_msg("only %zu mistakes, none says: %s", load->mistakes.n, text);
    const struct mistake *mistake = &load->mistakes.items[n];
    assert_string_equal(mistake->text, text);
    assert_string_equal(mistake->file, scratch_path(folder, file));
    assert_int_equal(mistake->line, line);
}
