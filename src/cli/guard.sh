#!/bin/sh
# Runs a command in a process group of its own, whose first process this is. The group is ended with the command that
# started it: descriptor 3 is one end of a socket, and whoever started this holds the other.
# Each word that comes there is a signal for the whole group; at its end the group is asked to end, and after 5 s killed.
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
# Killed: the processes that it had started see that, and leave the board safe.
[ "$code" -lt 128 ] || sleep 2
[ -z "${orphan:-}" ] || kill -KILL 0
exit "$code"
