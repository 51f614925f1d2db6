#!/usr/bin/env bash
# Starts a MariaDB, a Redis and an Azurite of their own on free private ports, with all their data in one folder.
#
#   tests/services/start.sh FOLDER TOOLS_DIR
#
# Writes FOLDER/env (the PRESSROOM_TEST_* variables, to be sourced) and FOLDER/*.pid (for stop.sh).
set -euo pipefail

folder=${1:?usage: start.sh FOLDER TOOLS_DIR}
tools=${2:?usage: start.sh FOLDER TOOLS_DIR}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
PATH="$PATH:/usr/sbin"

# Azurite's public account and key, the same on every machine.
azurite_account=devstoreaccount1
azurite_key='Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

# A port that nobody listens on, below the range that the kernel hands out by itself.
free_port() {
    local port
    for _ in $(seq 100); do
        port=$((20000 + RANDOM % 12000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return
        fi
    done
    echo "no free port found" >&2
    return 1
}

# run NAME COMMAND…: starts it in the background and notes its pid and its output.
run() {
    local name=$1
    shift
    "$@" >"$folder/$name.log" 2>&1 </dev/null &
    echo $! >"$folder/$name.pid"
}

# until_ready NAME PROBE…: waits until the probe succeeds, at most a minute.
until_ready() {
    local name=$1
    shift
    for _ in $(seq 300); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        kill -0 "$(cat "$folder/$name.pid")" 2>/dev/null || break
        sleep 0.2
    done
    echo "$name didn't start; the end of its log:" >&2
    tail -n 20 "$folder/$name.log" >&2
    return 1
}

start_mariadb() {
    local data="$folder/mariadb" as_user=()
    [ "$(id -u)" -ne 0 ] || as_user=(--user=root)
    mysql_port=$(free_port)
    mariadb-install-db --no-defaults "${as_user[@]}" --datadir="$data" --skip-test-db \
        --auth-root-authentication-method=normal >"$folder/mariadb-install.log" 2>&1 ||
        { tail -n 20 "$folder/mariadb-install.log" >&2; return 1; }
    run mariadb mariadbd --no-defaults "${as_user[@]}" --datadir="$data" --socket="$folder/mariadb.sock" \
        --bind-address=127.0.0.1 --port="$mysql_port" --pid-file="$folder/mariadbd.own-pid" \
        --character-set-server=utf8mb4 --max-connections=400 \
        --innodb-buffer-pool-size=256M --innodb-flush-log-at-trx-commit=2
}

start_redis() {
    redis_port=$(free_port)
    mkdir -p "$folder/redis"
    # As in production (docs/OPERATIONS.md): nothing is evicted, and every command is on disk before its answer.
    run redis redis-server --bind 127.0.0.1 --port "$redis_port" --dir "$folder/redis" --save '' \
        --appendonly yes --appendfsync always --maxmemory-policy noeviction
}

start_azurite() {
    azurite_port=$(free_port)
    run azurite node "$tools/node_modules/azurite/dist/src/blob/main.js" --silent --disableTelemetry \
        --skipApiVersionCheck --location "$folder/azurite" --blobHost 127.0.0.1 --blobPort "$azurite_port"
}

start_mariadb
start_redis
start_azurite
until_ready mariadb mariadb --no-defaults --socket="$folder/mariadb.sock" --user=root --execute='SELECT 1'
until_ready redis redis-cli -p "$redis_port" ping
until_ready azurite curl --silent "http://127.0.0.1:$azurite_port/"

cat >"$folder/env" <<ENV
export PRESSROOM_TEST_MYSQL_URL='mysql://root@127.0.0.1:$mysql_port'
export PRESSROOM_TEST_REDIS_URL='redis://127.0.0.1:$redis_port'
export PRESSROOM_TEST_AZURE_URL='http://127.0.0.1:$azurite_port/$azurite_account'
export PRESSROOM_TEST_AZURE_KEY='$azurite_key'
ENV
