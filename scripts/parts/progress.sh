# Messages for people, all on stderr: stdout belongs to what was asked for.

say() { printf 'voicetasks: %s\n' "$*" >&2; }

fail() {
  say "$*"
  exit 1
}

# during "what happens" COMMAND…: runs it with its output in a file, says every few seconds that it still runs, and
# shows the end of the output when it fails. Returns the command's exit code.
during() {
  local what=$1 log code=0 began=$SECONDS job
  shift
  log=$(mktemp "${TMPDIR:-/tmp}/voicetasks-setup.XXXXXX")
  say "$what"
  "$@" >"$log" 2>&1 </dev/null &
  job=$!
  # A Ctrl-C ends what we wait for as well, also where no terminal sends it to the whole group.
  trap 'kill "$job" 2>/dev/null || true; rm -f "$log"; exit 130' INT TERM
  while kill -0 "$job" 2>/dev/null; do
    sleep 0.2
    if [ $((SECONDS - began)) -ge "${next:-5}" ]; then
      say "  still at it after $((SECONDS - began)) s"
      next=$((SECONDS - began + 5))
    fi
  done
  wait "$job" || code=$?
  trap - INT TERM
  unset next
  if [ "$code" -ne 0 ]; then
    tail -n 20 "$log" >&2
  fi
  rm -f "$log"
  return "$code"
}
