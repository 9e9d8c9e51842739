#!/bin/sh
# Takes out of the packages installed since it last ran what no program reads: symbols, headers, stubs, tests,
# a compiler of Fortran, lexers of other languages; of rapidfuzz a second build for newer processors, and metrics that search does not use.
set -eu
packages=$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
mark=$packages/.slim
[ -e "$mark" ] || touch -d @0 "$mark"
LD_LIBRARY_PATH=$(echo /tools/lib/*-linux-gnu) find "$packages" \( -name '*.so' -o -name '*.so.*' \) -size +64k \
    -cnewer "$mark" -exec /tools/bin/strip --strip-all {} +
find "$packages" \( -name '*.a' -o -name '*.h' -o -name '*.pxd' -o -name '*.pyx' -o -name '*.pyi' -o -path '*/sboms/*' \
    -o -path '*/numpy/_core/*_tests.*.so' -o -path '*/numpy/_core/_simd.*.so' -o -path '*/rapidfuzz/*_avx2.*.so' \
    -o -path '*/rapidfuzz/distance/metrics_cpp.*.so' \) -type f -delete
find "$packages" -path '*/pygments/lexers/*.py' ! -name __init__.py ! -name _mapping.py ! -name python.py -delete
find "$packages" -type d \( -name tests -o -path '*/sqlalchemy/testing' -o -path '*/alembic/testing' -o -path '*/numpy/f2py' \) -prune -exec rm -r {} +
touch "$mark"
