#!/bin/sh
# Runs a command in a process group of its own. This process is the first of the group. Whoever started it holds the other
# end of the socket at descriptor 3. Each word on that socket is a signal for the whole group. When the socket closes, the
# group gets SIGINT, and SIGKILL 5 s later.
trap : INT TERM HUP
trap 'orphan=yes' USR1
{
  trap '' INT TERM HUP
  while read -r word; do kill -"$word" 0; done
  kill -USR1 $$
  kill -INT 0
  sleep 5
  kill -KILL 0
} <&3 &
"$@" 3<&-
code=$?
# The command was killed. The processes that it started notice that, and need time to leave the board safe.
[ "$code" -lt 128 ] || sleep 2
[ -z "${orphan:-}" ] || kill -KILL 0
exit "$code"
