# One set-up at a time for each thing that is set up. A symbolic link is made in one step and carries the owner's
# process id; there is no flock on a Mac.

held=''

# hold FILE: wait until the lock is ours; released at the end of the script or by let_go.
hold() {
  local lock=$1 owner told=no
  while ! ln -s "$$" "$lock" 2>/dev/null; do
    owner=$(readlink "$lock" 2>/dev/null || true)
    if [ ! -L "$lock" ] && [ ! -w "$(dirname "$lock")" ]; then
      fail "cannot write to $(dirname "$lock")"
    elif [ -n "$owner" ] && ! ps -p "$owner" >/dev/null 2>&1; then
      # Its owner died. Moved aside first, so that of two who see this only one takes the lock.
      if mv "$lock" "$lock.$$" 2>/dev/null; then
        [ "$(readlink "$lock.$$")" = "$owner" ] || ln -s "$(readlink "$lock.$$")" "$lock" 2>/dev/null || true
        rm -f "$lock.$$"
      fi
    else
      [ "$told" = yes ] || say "another set-up is at work (process ${owner:-unknown}); waiting for it"
      told=yes
      sleep 0.5
    fi
  done
  held=$lock
  trap 'let_go' EXIT
}

let_go() {
  if [ -n "$held" ]; then
    rm -f "$held"
    held=''
  fi
}
