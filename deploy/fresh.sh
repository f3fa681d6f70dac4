#!/bin/bash
# fresh.sh - runs a command in a new, bare Debian 12, on a clone of this checkout.
# SPDX-License-Identifier: Apache-2.0
#
# deploy/fresh.sh tests/run.sh
# deploy/fresh.sh --keep FOLDER tests/run.sh    keeps the system in FOLDER
#
# As root, with debootstrap. What is committed is cloned; the system has only what
# debootstrap calls minbase, so everything else must be installed by the command. Package
# sources, proxies and certificates are those of this machine. The mounts live in a name
# space of their own and end with the command; the folder is deleted.
set -u -o pipefail

fail()
{
    printf 'fresh.sh: %s\n' "$*" >&2
    exit 1
}

checkout=$(dirname "$(realpath "$0")")/..
checkout=$(realpath "$checkout")

# The second half, inside the name space: mounts, then the command.
if [ "${1-}" = --inside ]; then
    root=$2
    shift 2
    # Bound to itself, so that "/" is a mount there too, as on any machine.
    mount --make-rprivate / && mount --bind "$root" "$root" &&
        mount -t proc proc "$root/proc" &&
        mount -t tmpfs -o mode=755 dev "$root/dev" || fail 'cannot mount'
    mkdir "$root/dev/pts" "$root/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
    mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
    for device in null zero full random urandom tty; do
        : >"$root/dev/$device"
        mount --bind "/dev/$device" "$root/dev/$device" || fail "cannot bind /dev/$device"
    done
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
    if [ -n "$FRESH_DATA" ]; then
        mkdir -p "$root/shared/data"
        mount --bind -o ro "$FRESH_DATA" "$root/shared/data"
    fi
    # shellcheck disable=SC2016
    exec chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 TERM=dumb \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
        ${no_proxy:+no_proxy="$no_proxy"} \
        /bin/bash -c 'cd /spillway && exec "$@"' fresh "$@"
fi

keep=
if [ "${1-}" = --keep ]; then
    keep=${2:?folder}
    shift 2
fi
[ $# -gt 0 ] || fail 'say which command, as deploy/fresh.sh tests/run.sh'
[ "$(id -u)" -eq 0 ] || fail 'needs root, for debootstrap and chroot'
for tool in debootstrap unshare git; do
    command -v $tool >/dev/null || fail "needs $tool: apt-get install debootstrap util-linux git"
done

if [ -n "$keep" ]; then
    [ ! -e "$keep" ] || fail "$keep is there already: name a new folder"
    mkdir -p "$keep"
    root=$(realpath "$keep")
else
    root=$(mktemp -d /var/tmp/spillway-fresh-XXXXXX)
    trap 'rm -rf --one-file-system "$root"' EXIT
fi
chmod 755 "$root"

mirror=$(sed -nE 's/^URIs: *([^ ]+debian)\/?$/\1/p; s/^deb (\[[^]]*\] )?([^ ]+debian)\/? .*/\2/p' \
    /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -1)
start=$SECONDS
debootstrap --variant=minbase bookworm "$root" "${mirror:-http://deb.debian.org/debian}" \
    >"$root.log" 2>&1 || {
    tail -20 "$root.log"
    rm -f "$root.log"
    fail 'debootstrap failed: check the network and the package sources'
}
rm -f "$root.log"
# shellcheck disable=SC1091
if [ "$(. /etc/os-release && echo "$ID $VERSION_ID")" = 'debian 12' ]; then
    rm -f "$root/etc/apt/sources.list"
    cp -a /etc/apt/sources.list /etc/apt/sources.list.d "$root/etc/apt/" 2>/dev/null
fi
grep -ls '^ *Acquire' /etc/apt/apt.conf.d/* /etc/apt/apt.conf 2>/dev/null |
    while IFS= read -r file; do cp "$file" "$root/etc/apt/apt.conf.d/"; done
cp -a /etc/resolv.conf /etc/hosts "$root/etc/" 2>/dev/null
[ ! -d /usr/local/share/ca-certificates ] ||
    cp -a /usr/local/share/ca-certificates "$root/usr/local/share/"
git clone -q --no-hardlinks "$checkout" "$root/spillway" || fail 'git clone failed'
echo "fresh.sh: a bare Debian 12 after $((SECONDS - start)) s"

data=${SPILLWAY_TEST_DATA:-$checkout/../shared/data}
FRESH_DATA=$([ -d "$data" ] && realpath "$data") \
    unshare --mount --pid --fork --kill-child "$0" --inside "$root" "$@"
