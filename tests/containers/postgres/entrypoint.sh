#!/bin/sh
# What the official image does for compose.yaml: a name for any user id, a cluster with the password of a file, all hosts.
set -eu
if ! getent passwd "$(id -u)" >/dev/null; then
    echo "postgres:x:$(id -u):$(id -g):PostgreSQL:$PGDATA:/bin/false" > /tmp/passwd
    echo "postgres:x:$(id -g):" > /tmp/group
    export NSS_WRAPPER_PASSWD=/tmp/passwd NSS_WRAPPER_GROUP=/tmp/group
    LD_PRELOAD=$(find /usr/lib -name libnss_wrapper.so)
    export LD_PRELOAD
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    # shellcheck disable=SC2086  # several options
    initdb -D "$PGDATA" -U postgres --pwfile="$POSTGRES_PASSWORD_FILE" ${POSTGRES_INITDB_ARGS:-}
    echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
fi
unset LD_PRELOAD NSS_WRAPPER_PASSWD NSS_WRAPPER_GROUP
exec "$@" -D "$PGDATA" -c listen_addresses='*'
