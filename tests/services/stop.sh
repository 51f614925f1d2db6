#!/usr/bin/env bash
# Stops what start.sh started in a folder, by process id and nothing else.
#
#   tests/services/stop.sh FOLDER
set -euo pipefail

folder=${1:?usage: stop.sh FOLDER}
pids=()
for file in "$folder"/*.pid; do
    [ -e "$file" ] || continue
    pid=$(cat "$file")
    kill -TERM "$pid" 2>/dev/null && pids+=("$pid")
    rm -f "$file"
done

for pid in "${pids[@]}"; do
    for _ in $(seq 50); do
        kill -0 "$pid" 2>/dev/null || continue 2
        sleep 0.2
    done
    kill -KILL "$pid" 2>/dev/null || true
done
