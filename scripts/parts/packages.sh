# uv, and with it the Python packages of uv.lock into .venv.

find_uv() {
  if command -v uv >/dev/null 2>&1 && uv --version >/dev/null 2>&1; then
    uv=uv
  elif [ -x "$cache/uv/bin/uv" ] && "$cache/uv/bin/uv" --version >/dev/null 2>&1; then
    uv=$cache/uv/bin/uv
  else
    install_uv
  fi
}

# The newest Python that can run the project, else any that can install uv (which then brings a Python of its own).
find_python() {
  local name
  for name in python3.13 python3.12 python3.11 python3 python; do
    if command -v "$name" >/dev/null 2>&1 &&
      "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' >/dev/null 2>&1; then
      python=$name
      return
    fi
  done
  for name in python3 python; do
    if command -v "$name" >/dev/null 2>&1 &&
      "$name" -c 'import sys; sys.exit(sys.version_info[:2] < (3, 8))' >/dev/null 2>&1; then
      python=$name
      return
    fi
  done
  fail "no Python found: install Python 3.11, 3.12 or 3.13 (Debian: apt-get install python3 python3-venv; Mac: brew install python@3.12), or uv"
}

install_uv() {
  find_python
  hold "$cache/uv.lock"
  if [ ! -x "$cache/uv/bin/uv" ]; then
    rm -rf "$cache/uv"
    if ! during "installing uv into $cache/uv" uv_by_venv; then
      # Debian's python3 comes without the part of venv that brings pip.
      rm -rf "$cache/uv"
      during "that did not work; trying pip alone" "$python" -m pip install --quiet --target "$cache/uv" uv ||
        fail "uv cannot be installed: install it yourself (pip install uv), or Debian's python3-venv"
    fi
  fi
  let_go
  uv=$cache/uv/bin/uv
}

uv_by_venv() { "$python" -m venv "$cache/uv" && "$cache/uv/bin/python" -m pip install --quiet uv; }

stamp_of() {
  # The place too: a copied checkout has programs in .venv that name the old one.
  printf '%s %s\n' "$(cat "$checkout/uv.lock" "$checkout/pyproject.toml" | cksum)" "$checkout"
}

is_synced() {
  local wanted
  wanted=$(stamp_of)
  has_stamp dev || { [ "$dev" = no ] && has_stamp demo; } || return 1
  "$checkout/.venv/bin/python" -c '' 2>/dev/null
}

has_stamp() {
  local stamp=$checkout/.venv/.voicetasks-$1
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]
}

sync_packages() {
  local groups
  is_synced && return
  find_uv
  mkdir -p -m 700 "$checkout/.voicetasks" # accounts and tasks will lie there
  hold "$checkout/.voicetasks/setup.lock"
  if ! is_synced; then # perhaps whoever we waited for has done it
    # Inexact for the demo: it does not take away what the tests of the same checkout need.
    if [ "$dev" = yes ]; then groups=--all-groups; else groups='--no-dev --inexact'; fi
    # Compiled now, once, and not by each process at its first start.
    # shellcheck disable=SC2086 (two words are meant)
    during "installing the Python packages (a few minutes the first time)" \
      env -u VIRTUAL_ENV UV_PROJECT_ENVIRONMENT="$checkout/.venv" \
      "$uv" sync --project "$checkout" --frozen --all-extras --compile-bytecode $groups ||
      fail "the Python packages could not be installed; the lines above say why (Python must be 3.11, 3.12 or 3.13)"
    stamp_of >"$checkout/.venv/.voicetasks-$([ "$dev" = yes ] && echo dev || echo demo)"
  fi
  let_go
}
