#!/bin/sh
# Ends what its starter left behind. Input: lines "watch <pid>" and "forget <pid>". The input ends however the
# starter dies, kill -9 included, which an exit hook would not survive (and jest's sandbox runs no exit hooks of
# tests). Then the watched processes are ended and $1, the starter's scratch folder, is removed.

watched=' '
while read -r verb pid; do
  case $verb in
    watch) watched="$watched$pid " ;;
    forget)
      case $watched in
        *" $pid "*) watched="${watched%% "$pid" *} ${watched#* "$pid" }" ;;
      esac
      ;;
  esac
done

any_alive() {
  for pid in $watched; do
    kill -0 "$pid" 2>/dev/null && return 0
  done
  return 1
}

# SIGINT is a quick and orderly end for PostgreSQL (it frees its shared memory), Redis and Node alike.
for pid in $watched; do
  kill -CONT "$pid" 2>/dev/null
  kill -INT "$pid" 2>/dev/null
done
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  any_alive || break
  sleep 0.1
done
for pid in $watched; do
  kill -KILL "$pid" 2>/dev/null
done

# The children of a killed PostgreSQL may write for a moment longer.
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  rm -rf "$1" 2>/dev/null && break
  sleep 0.1
done
