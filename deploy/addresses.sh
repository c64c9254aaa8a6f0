# Addresses taken apart for programs that want their parts, so that no password stands on a command line.

# decoded TEXT: %40 is @.
decoded() { printf '%b' "${1//%/\\x}"; }

# taken_apart URL: sets user, password, host, port, name and query.
taken_apart() {
  local rest=${1#*://} authority
  query=''
  case "$rest" in *\?*) query=${rest#*\?} rest=${rest%%\?*} ;; esac
  authority=${rest%%/*}
  name=''
  case "$rest" in */*) name=$(decoded "${rest#*/}") ;; esac
  user='' password=''
  case "$authority" in
    *@*)
      user=${authority%@*} authority=${authority##*@}
      case "$user" in *:*) password=$(decoded "${user#*:}") user=${user%%:*} ;; esac
      user=$(decoded "$user")
      ;;
  esac
  port=''
  case "$authority" in
    \[*\]*) host=${authority#\[} host=${host%%\]*} port=${authority##*\]} port=${port#:} ;;
    *:*) host=${authority%%:*} port=${authority##*:} ;;
    *) host=$authority ;;
  esac
}

# for_postgres URL: sets libpq's variables; SQLAlchemy's «postgresql+asyncpg» is Postgres too.
for_postgres() {
  local pair user password host port name query
  case "$1" in
    postgresql://* | postgresql+*://* | postgres://*) ;;
    *) echo "no address of a Postgres: DATABASE_URL must begin with postgresql://" >&2; return 2 ;;
  esac
  taken_apart "$1"
  for pair in ${query//&/ }; do
    case "$pair" in
      host=*) host=$(decoded "${pair#host=}") ;;
      port=*) port=${pair#port=} ;;
      ssl=* | sslmode=*) export PGSSLMODE=${pair#*=} ;;
    esac
  done
  export PGDATABASE=$name
  [ -z "$user" ] || export PGUSER=$user
  [ -z "$password" ] || export PGPASSWORD=$password
  [ -z "$host" ] || export PGHOST=$host
  [ -z "$port" ] || export PGPORT=$port
}

# redis_cli URL ARGUMENT…
redis_cli() {
  local url=$1 user password host port name query tls=()
  shift
  case "$url" in
    redis://*) ;;
    rediss://*) tls=(--tls) ;;
    *) echo "no address of a Redis: REDIS_URL must begin with redis:// or rediss://" >&2; return 2 ;;
  esac
  taken_apart "$url"
  (
    [ -z "$password" ] || export REDISCLI_AUTH=$password
    exec redis-cli "${tls[@]}" ${user:+--user "$user"} \
      -h "${host:-127.0.0.1}" -p "${port:-6379}" ${name:+-n "$name"} "$@"
  )
}
