# Machines for which the locked packages can be had.

oldest_macos=15 # tests/scripts/test_machine.py holds it to uv.lock

# Said before minutes of work, and not by an installer that finds no wheel.
fitting_machine() {
  local version
  [ "$(uname -s)" = Darwin ] || return 0
  [ "$(uname -m)" = arm64 ] ||
    fail "this Mac is $(uname -m), or its terminal runs by Rosetta: some packages are made for Apple silicon alone (arm64)"
  version=$(sw_vers -productVersion)
  [ "${version%%.*}" -ge "$oldest_macos" ] ||
    fail "this is macOS $version: some packages are made for macOS $oldest_macos and newer alone"
}
