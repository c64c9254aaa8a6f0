# LiveKit's SIP bridge: named by LIVEKIT_SIP_BIN, from PATH, the cache, or built with Go into the cache. Where it cannot
# be had the sandbox has a stand-in, so nothing here is a failure.

bridge_version=v1.11.0
bridge_packages='libopus-dev libopusfile-dev libsoxr-dev'
bridge_seconds=900 # at most, for the build

install_bridge() {
  [ -z "${LIVEKIT_SIP_BIN:-}" ] || return 0
  ! command -v livekit-sip >/dev/null 2>&1 || return 0
  [ ! -x "$cache/bin/livekit-sip" ] || return 0
  # A refusal is remembered for a day: nobody waits for the same no at each start.
  if [ -n "$(find "$cache/livekit-sip.refused" -mtime -1 2>/dev/null)" ]; then
    say "LiveKit's SIP bridge $bridge_version could not be had lately; the sandbox's stand-in takes the calls"
    return 0
  fi
  hold "$cache/bridge.lock"
  if [ ! -x "$cache/bin/livekit-sip" ]; then
    if build_bridge; then
      rm -f "$cache/livekit-sip.refused"
    else
      touch "$cache/livekit-sip.refused"
      say "LiveKit's SIP bridge $bridge_version cannot be had here (the lines above say why); the sandbox's stand-in takes the calls"
    fi
  fi
  let_go
}

build_bridge() {
  local work=$cache/bridge-build code=0
  mkdir -p "$work"
  (find_go "$work") || return 1 # in a shell of its own: it ends the one that it fails in
  find_go "$work"
  # First of all, whether it is given out at all: that takes a moment, and the rest takes minutes.
  during "asking whether LiveKit's SIP bridge $bridge_version can be downloaded" \
    with_go "$work" "$go" mod download "github.com/livekit/sip@$bridge_version" || code=$?
  if [ "$code" -eq 0 ]; then
    bridge_libraries || code=$?
  fi
  if [ "$code" -eq 0 ]; then
    during "building LiveKit's SIP bridge $bridge_version with Go (some minutes, once)" \
      with_go "$work" bounded "$bridge_seconds" "$go" install "github.com/livekit/sip/cmd/livekit-sip@$bridge_version" || code=$?
  fi
  if [ "$code" -eq 0 ]; then
    mv -f "$work/bin/livekit-sip" "$cache/bin/livekit-sip" # in one step: nobody starts half a file
  fi
  rm -rf "$work"
  return "$code"
}

with_go() {
  local work=$1
  shift
  (
    export GOPATH="$work/path" GOCACHE="$work/cache" GOBIN="$work/bin" GOTOOLCHAIN=local GOFLAGS=-modcacherw CGO_ENABLED=1
    "$@"
  )
}

# bounded SECONDS COMMAND…; not every system has a program for it.
bounded() {
  local seconds=$1 job code=0
  shift
  "$@" &
  job=$!
  (sleep "$seconds" && kill "$job" 2>/dev/null) &
  wait "$job" || code=$?
  kill $! 2>/dev/null || true
  return "$code"
}

# The C libraries that it is linked with, where they can be installed without a question.
bridge_libraries() {
  local root=''
  if pkg-config --exists opus opusfile soxr 2>/dev/null; then
    return 0
  elif command -v apt-get >/dev/null 2>&1; then
    [ "$(id -u)" -eq 0 ] || root='sudo -n'
    # shellcheck disable=SC2086 (several words are meant)
    during "installing what LiveKit's SIP bridge is built with: $bridge_packages" apt_install "$root" pkg-config $bridge_packages
  elif command -v brew >/dev/null 2>&1; then
    during "installing what LiveKit's SIP bridge is built with" brew install pkg-config opus opusfile libsoxr
  else
    return 1
  fi
}
