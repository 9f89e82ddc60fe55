#!/usr/bin/env bash
# A real systemd (PID 1, journald, D-Bus) over this machine's own files, in a container. Needs root.
#   box.sh DIR up              boots; DIR keeps what it needs to know. Exit status 69 and a line why, where it can't be had.
#   box.sh DIR run COMMAND...  in the box's namespaces; input, output and exit status as they are
#   box.sh DIR root            the box's file system, as a path on this machine
#   box.sh DIR down            powers off and undoes everything
# Its root is an overlay over /, with a tmpfs on top: nothing that it writes reaches the machine. No unit of the machine
# starts in it, and its network is a loopback of its own.
set -eu
box=$1
action=$2
shift 2
pid_file=$box/nspawn.pid

die() { echo "box: $*" >&2; exit 1; }
not_here() { echo "box: $*"; exit 69; }

# The box's PID 1 is systemd-nspawn's only child.
first_process() {
  local nspawn children
  nspawn=$(cat "$pid_file" 2>/dev/null) && children=$(cat "/proc/$nspawn/task/$nspawn/children" 2>/dev/null) &&
    [ -n "$children" ] && echo "${children%% *}"
}

in_box() {
  local pid
  pid=$(first_process) || die "not up"
  nsenter -t "$pid" -m -u -i -n -p -C -r -w -- env -i HOME=/root LANG=C.UTF-8 SYSTEMD_PAGER= SYSTEMD_COLORS=0 \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# The cgroup of this shell in each hierarchy, as folders. A new cpuset has no processors until told, so that is left.
cgroups() {
  local controllers path mount
  while IFS=: read -r _ controllers path; do
    case $controllers in
      cpuset) continue ;;
      '') mount=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts) ;;
      *) mount=$(awk -v c=",${controllers#name=}," '$3 == "cgroup" { o = "," $4 ","; sub(/,name=/, ",", o) }
                     $3 == "cgroup" && index(o, c) { print $2; exit }' /proc/mounts) ;;
    esac
    [ -z "$mount" ] || echo "$mount${path%/}"
  done </proc/self/cgroup
}

check_machine() {
  local command
  [ "$(id -u)" -eq 0 ] || not_here "needs root"
  for command in systemd-nspawn nsenter unshare dbus-daemon; do
    command -v $command >/dev/null || not_here "$command is missing"
  done
  ! mountpoint -q /usr || not_here "/usr is a file system of its own"
  unshare -m --propagation private sh -c "mount -t tmpfs box '$box' && cd '$box' && mkdir u w r &&
    mount -t overlay box -o lowerdir=/,upperdir=u,workdir=w r" 2>/dev/null || not_here "no overlay may be mounted"
}

# In a mount namespace of its own.
become_nspawn() {
  local root=$box/root
  mount -t tmpfs -o mode=755 box "$box/layers"
  mkdir "$box/layers/upper" "$box/layers/work"
  mount -t overlay box -o "lowerdir=/,upperdir=$box/layers/upper,workdir=$box/layers/work" "$root"
  rm -rf "$root"/etc/systemd/system "$root"/etc/rc[0-6S].d "$root"/var/log/journal
  mkdir -p "$root/etc/systemd/system"
  tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
  echo box >"$root/etc/hostname"
  : >"$root/etc/fstab"
  exec systemd-nspawn --quiet --directory="$root" --boot --machine="box-$$" --register=no --keep-unit --private-network \
    --link-journal=no --resolv-conf=off --timezone=off --console=pipe
}

up() {
  local group tries state
  mkdir -p "$box"
  check_machine
  mkdir "$box/layers" "$box/root"
  # The container finds its own cgroup by what this process is in.
  cgroups | while read -r group; do
    group=$group/warmd-box-$$
    if mkdir "$group" 2>/dev/null; then echo "$group"; fi
  done >"$box/cgroups"
  (
    while read -r group; do echo $BASHPID >"$group/cgroup.procs"; done <"$box/cgroups"
    echo $BASHPID >"$pid_file"
    unset NOTIFY_SOCKET
    [ "$(stat -fc %T /sys/fs/cgroup)" != cgroup2fs ] || export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
    exec setsid unshare -m --propagation private bash "$0" "$box" become_nspawn
  ) >"$box/log" 2>&1 </dev/null 3>&- &
  for ((tries = 600; tries > 0; tries--)); do
    state=$(in_box systemctl is-system-running 2>/dev/null) || :
    case $state in running | degraded) return ;; esac
    if [ -s "$pid_file" ] && ! kill -0 "$(cat "$pid_file")" 2>/dev/null; then break; fi
    sleep 0.1
  done
  cat "$box/log" >&2
  down
  die "systemd did not boot: ${state:-it ended}"
}

gone() { # PROCESS SECONDS
  local tries=$(($2 * 10))
  while kill -0 "$1" 2>/dev/null; do
    [ $((tries--)) -gt 0 ] || return 1
    sleep 0.1
  done
}

down() {
  local nspawn first='' group
  nspawn=$(cat "$pid_file" 2>/dev/null) || nspawn=
  if [ -n "$nspawn" ]; then
    first=$(first_process) && kill -RTMIN+4 "$first" # systemd's signal for power off
    if ! gone "$nspawn" 15; then
      [ -z "$first" ] || kill -KILL "$first"
      gone "$nspawn" 5 || kill -KILL "$nspawn"
      gone "$nspawn" 5 || die "process $nspawn does not end"
    fi
  fi
  [ ! -e "$box/cgroups" ] || while read -r group; do
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || :
  done <"$box/cgroups"
  rm -f "$box/log" "$pid_file" "$box/cgroups"
  rmdir "$box/layers" "$box/root" "$box" 2>/dev/null || :
}

case $action in
  up | down | become_nspawn) $action ;;
  run) in_box "$@" ;;
  root) pid=$(first_process) && echo "/proc/$pid/root" ;;
  *) die "unknown: $action" ;;
esac
