#!/bin/sh
# `install.sh [OPTION…] -r REQUIREMENTS | WHEEL`: into the system's Python, or into the one that UV_PYTHON names.
# The stage `tools` is mounted at /tools while an image is built, and packages that were fetched before at the cache.
export UV_CACHE_DIR=/var/cache/uv UV_PYTHON="${UV_PYTHON:-/usr/local/bin/python}"
exec /tools/local/bin/uv pip install --link-mode=copy --no-progress --no-deps "$@"
