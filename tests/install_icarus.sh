#!/bin/sh
# Installs Icarus Verilog with the system's package manager, as root or through sudo without a
# password; otherwise prints the command and stops with 3.
command -v iverilog >/dev/null && command -v vvp >/dev/null && exit 0

if   command -v apt-get >/dev/null; then set -- "apt-get update -qq && apt-get install -y -qq iverilog"
elif command -v dnf     >/dev/null; then set -- "dnf install -y iverilog"
elif command -v zypper  >/dev/null; then set -- "zypper --non-interactive install iverilog"
elif command -v pacman  >/dev/null; then set -- "pacman -S --noconfirm iverilog"
elif command -v apk     >/dev/null; then set -- "apk add iverilog"
elif command -v brew    >/dev/null; then brew install icarus-verilog && exit 0; set -- "brew install icarus-verilog"
else set -- "install Icarus Verilog from https://github.com/steveicarus/iverilog"
fi

if   [ "$(id -u)" = 0 ];                  then as_root="sh -c"
elif sudo -n true 2>/dev/null;            then as_root="sudo -n sh -c"
else as_root=
fi
echo "installing Icarus Verilog: $1" >&2
if [ -n "$as_root" ] && $as_root "$1" >&2 && command -v iverilog >/dev/null; then
    exit 0
fi
echo "Icarus Verilog is missing and could not be installed; as root, run: $1" >&2
exit 3
