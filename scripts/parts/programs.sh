# Programs that only tests need, from Debian's packages where that is possible without a question.

# category, program, Debian package, Homebrew package
programs_needed='
system flite flite flite
system sox sox sox
system postgres postgresql postgresql@16
system promtool prometheus prometheus
system prometheus-alertmanager prometheus-alertmanager alertmanager
system redis-cli redis-tools redis
browser chromium chromium --cask=chromium
phone sipp sip-tester sipp
phone baresip baresip-core baresip
'

has_program() {
  case "$1" in
    # Debian keeps the server out of PATH.
    postgres) command -v postgres >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 ;;
    chromium) command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}

# install_programs CATEGORY…
install_programs() {
  local wanted=" $* " category program debian brew missing='' missing_brew='' root=''
  while read -r category program debian brew; do
    case "$wanted" in *" $category "*) ;; *) continue ;; esac
    if [ -n "$program" ] && ! has_program "$program"; then
      missing="$missing $debian"
      missing_brew="$missing_brew $brew"
    fi
  done <<EOF
$programs_needed
EOF
  [ -n "$missing" ] || return 0
  if command -v apt-get >/dev/null 2>&1; then
    [ "$(id -u)" -eq 0 ] || root='sudo -n'
    if [ -z "$root" ] || sudo -n true 2>/dev/null; then
      # shellcheck disable=SC2086 (several words are meant)
      if during "installing Debian packages for the tests:$missing" apt_install "$root" $missing; then
        return 0
      fi
    fi
    say "some tests need programs that are not installed; get them with: sudo apt-get install$missing"
  elif command -v brew >/dev/null 2>&1; then
    say "some tests need programs that are not installed; get them with: brew install$missing_brew"
  else
    say "some tests need programs that are not installed:$missing"
  fi
}

# apt_install "sudo -n"|"" PACKAGE…; the lists of packages are fetched only when the ones here do not do.
apt_install() {
  local root=$1
  shift
  $root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" ||
    { $root apt-get update &&
      $root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; }
}
