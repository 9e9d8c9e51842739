#!/bin/sh
# Takes out of the packages installed since it last ran what no program reads: symbols, tests, stubs, static libraries.
set -eu
packages=$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
mark=$packages/.slim
[ -e "$mark" ] || touch -d @0 "$mark"
# Libraries under *.libs were moved there by a tool whose layout `strip` can break.
LD_LIBRARY_PATH=$(echo /strip/lib/*-linux-gnu) find "$packages" -name '*.so' -not -path '*.libs/*' -size +1M \
    -cnewer "$mark" -exec /strip/bin/strip --strip-all {} +
find "$packages" \( -name '*.a' -o -name '*.pyi' \) -delete
find "$packages" -type d -name tests -prune -exec rm -r {} +
touch "$mark"
