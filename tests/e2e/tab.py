#!/usr/bin/env python3
"""Presses TAB in a shell on a terminal, as a user does.

usage: tab.py RCFILE bash|zsh LINE...

For each LINE, typed and followed by a TAB, prints a JSON object: {"typed", "became": the line afterwards, "offered": the
matches, in order (zsh only)}. RCFILE is read by the shell first. Exit status 1 if it doesn't answer within 20 s.
"""
import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import tempfile
import termios
import time

READY = "ready> "
SETUP = {
    "bash": r"""
bind -x '"\C-xp": printf "%s" "$READLINE_LINE" >"$OUT.new" && mv "$OUT.new" "$OUT"'
bind 'set bell-style none' 'set show-all-if-ambiguous on' 'set page-completions off'
PS1='{ready}'
""",
    "zsh": r"""
dump() {{ print -rn -- "$BUFFER" >$OUT.new && mv $OUT.new $OUT }}
zle -N dump
bindkey '^Xp' dump
compadd() {{
  if [[ ${{@[1,(i)(-|--)]}} == *-[a-zA-Z]#[OAD]\ * ]]; then builtin compadd "$@"; return; fi
  local -a hits
  builtin compadd -O hits "$@"
  print -rl -- $hits >>$OUT.offered
  builtin compadd "$@"
}}
unsetopt BEEP
PS1='{ready}'
""",
}


def read_until(terminal, end, done):
    """Reads what the shell shows, so that it never waits for us, until DONE says so."""
    shown = b""
    while not done(shown):
        if time.monotonic() > end:
            sys.stderr.write(shown.decode(errors="replace"))
            sys.exit(1)
        if select.select([terminal], [], [], 0.02)[0]:
            shown += os.read(terminal, 65536)


def main():
    rcfile, shell, lines = sys.argv[1], sys.argv[2], sys.argv[3:]
    with tempfile.TemporaryDirectory() as folder, open(rcfile, encoding="utf-8") as given:
        out = os.path.join(folder, "out")
        rc = os.path.join(folder, ".zshrc")
        with open(rc, "w", encoding="utf-8") as file:
            file.write(given.read() + SETUP[shell].format(ready=READY))
        pid, terminal = pty.fork()
        if pid == 0:
            environment = dict(os.environ, TERM="dumb", OUT=out, INPUTRC="/dev/null", HISTFILE="/dev/null", ZDOTDIR=folder)
            command = ["bash", "--noprofile", "--rcfile", rc, "-i"] if shell == "bash" else ["zsh", "-d", "-i"]
            os.execvpe(command[0], command, environment)
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 300, 200, 0, 0))
        try:
            end = time.monotonic() + 20
            read_until(terminal, end, lambda shown: READY.encode() in shown)
            for line in lines:
                os.write(terminal, line.encode() + b"\t\x18p")
                read_until(terminal, end, lambda _: os.path.exists(out))
                with open(out, encoding="utf-8") as file:
                    result = {"typed": line, "became": file.read()}
                os.remove(out)
                if os.path.exists(out + ".offered"):
                    with open(out + ".offered", encoding="utf-8") as file:
                        result["offered"] = list(dict.fromkeys(filter(None, file.read().split("\n"))))
                    os.remove(out + ".offered")
                elif shell == "zsh":
                    result["offered"] = []
                print(json.dumps(result))
                os.write(terminal, b"\x01\x0b")  # to the beginning, and all of the line away
                end = time.monotonic() + 20
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


main()
