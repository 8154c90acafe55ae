#!/usr/bin/env bash
# Builds the program of one's own and shows that its parts do all that ours do: a run killed with
# SIGKILL and resumed leaves the bytes of one that was not, a sweep over two fields gives one table
# however it is divided, and reports are written. Run from anywhere; the target directory is the
# workspace's, or CARGO_TARGET_DIR.
set -euo pipefail
cd "$(dirname "$0")"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$(cd ../.. && pwd)/target}"
# The versions of the workspace, so that what it has built serves here.
cp ../../Cargo.lock Cargo.lock
# Its profile too: the manifest is read as configuration for that alone.
cargo build --quiet --config ../../Cargo.toml
program="$CARGO_TARGET_DIR/debug/own-program"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "own program: $*" >&2; exit 1; }

# Whether two directories hold these files with the same bytes.
same() {
    local one="$1" other="$2" file
    shift 2
    for file in "$@"; do
        [ -s "$one/$file" ] || fail "$one has no $file"
        cmp "$one/$file" "$other/$file" || fail "$file differs after a kill"
    done
}

rows() { if [ -f "$1/trace.csv" ]; then wc -l <"$1/trace.csv"; else echo 0; fi; }

# Runs a scenario alone and, killed twice on its way, again.
killed() {
    local name="$1" files="$2" pid
    "$program" run "$name.toml" --out "$work/$name" --no-report >/dev/null
    for until in 10 40; do
        if [ "$until" = 10 ]; then
            "$program" run "$name.toml" --out "$work/$name-killed" --no-report \
                --set checkpoint.seconds=0.05 >/dev/null 2>&1 &
        else
            "$program" resume "$work/$name-killed" --no-report >/dev/null 2>&1 &
        fi
        pid=$!
        while kill -0 "$pid" 2>/dev/null && [ "$(rows "$work/$name-killed")" -lt "$until" ]; do
            sleep 0.01
        done
        kill -KILL "$pid" 2>/dev/null || fail "$name ended before it could be killed"
        wait "$pid" 2>/dev/null && fail "$name ended before it could be killed"
        [ ! -f "$work/$name-killed/outcome.toml" ] || fail "$name ended before it was killed"
    done
    "$program" resume "$work/$name-killed" --no-report >/dev/null
    # shellcheck disable=SC2086
    same "$work/$name" "$work/$name-killed" outcome.toml $files
    echo "$name: killed twice, the same bytes"
}

# Sweeps on two cores, on one, and in two shards: one table.
swept() {
    local name="$1" shard
    "$program" sweep run "$name.toml" --out "$work/$name/two" --jobs 2 >/dev/null
    "$program" sweep run "$name.toml" --out "$work/$name/one" --jobs 1 >/dev/null
    for shard in 2/2 1/2; do
        "$program" sweep run "$name.toml" --out "$work/$name/shard-${shard%/*}" --shard "$shard" \
            --jobs 2 >/dev/null
    done
    "$program" sweep collect "$work/$name/one" >/dev/null
    "$program" sweep collect "$work/$name/two" >/dev/null
    "$program" sweep collect "$work/$name"/shard-[12] --out "$work/$name/shards" >/dev/null
    same "$work/$name/one" "$work/$name/two" table.csv curves.npz
    same "$work/$name/one" "$work/$name/shards" table.csv curves.npz
    [ "$(grep -c ',completed,' "$work/$name/one/table.csv")" -eq 6 ] \
        || fail "not all 6 runs of $name completed"
    shift
    for field in "$@"; do
        head -1 "$work/$name/one/table.csv" | tr , '\n' | grep -qx "$field" \
            || fail "the table of $name has no column $field"
    done
    "$program" sweep report "$work/$name/one" >/dev/null
    [ -s "$work/$name/one/report.html" ] || fail "no report of $name"
    echo "$name: one table, however it is divided"
}

killed own "trace.csv snapshots.npz dataset.npz"
killed ring "trace.csv"
for run in own ring; do
    "$program" report "$work/$run" >/dev/null
    [ -s "$work/$run/report.html" ] || fail "no report of $run"
done
grep -q participation_ratio "$work/own/report.html" || fail "the report draws no own measure"
swept sweep rule.momentum.momentum noise.update.distribution.multiplicative.scale \
    final_participation_ratio
swept ring-sweep task.ring.coupling task.ring.noise final_order

# What plain `drift` does not know, this program does; what neither knows is refused.
said=$("$program" run own.toml --set rule.momentun.momentum=0.5 --out "$work/none" 2>&1) \
    && fail "an unknown rule was taken"
grep -q "did you mean momentum?" <<<"$said" || fail "unexpected: $said"
[ ! -e "$work/none" ] || fail "a refused run left a directory"
said=$("$program" run own.toml --set rule.momentum.momentun=0.5 --out "$work/none" 2>&1) \
    && fail "an unknown setting was taken"
grep -q 'rule.momentum: unknown setting `momentun`' <<<"$said" || fail "unexpected: $said"
