#!/usr/bin/env bash
# Installs what the tests need and this machine lacks; does nothing, and needs no network, when all is there.
#
#   tests/services/install.sh TOOLS_DIR
#
# Debian's packages come from apt; Azurite, playwright-core and a Python with pikepdf go into TOOLS_DIR, with pinned
# versions.
set -euo pipefail

azurite_version=3.35.0
playwright_version=1.65.1
pikepdf_version=10.18.0
tools=${1:?usage: install.sh TOOLS_DIR}

# Command and the package that has it. The -core package has MariaDB's server without a system service.
needed="
cc gcc
mariadbd mariadb-server-core
mariadb mariadb-client-core
redis-server redis-server
node nodejs
npm npm
pdftotext poppler-utils
qpdf qpdf
chromium chromium
curl curl
python3 python3-venv
"

missing=()
while read -r command package; do
    [ -n "$command" ] || continue
    PATH="$PATH:/usr/sbin" command -v "$command" >/dev/null || missing+=("$package")
done <<<"$needed"
[ -e /usr/include/stdlib.h ] || missing+=(libc6-dev)
# Debian's python3 comes without the half of venv that installs pip.
python3 -c "import ensurepip" 2>/dev/null || missing+=(python3-venv)

if [ ${#missing[@]} -gt 0 ]; then
    echo "installing ${missing[*]}"
    as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "needs root or sudo for: apt-get install ${missing[*]}" >&2; exit 1; }
        as_root=(sudo)
    fi
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
fi

stamp="$tools/azurite-$azurite_version+playwright-core-$playwright_version"
if [ ! -e "$stamp" ]; then
    echo "installing azurite $azurite_version and playwright-core $playwright_version into $tools"
    mkdir -p "$tools"
    npm install --prefix "$tools" --no-audit --no-fund --no-save --ignore-scripts --loglevel=error \
        "azurite@$azurite_version" "playwright-core@$playwright_version"
    touch "$stamp"
fi

stamp="$tools/pikepdf-$pikepdf_version"
if [ ! -e "$stamp" ]; then
    echo "installing pikepdf $pikepdf_version into $tools/python"
    python3 -m venv --clear "$tools/python"
    "$tools/python/bin/pip" install --quiet --disable-pip-version-check "pikepdf[pdfa]==$pikepdf_version"
    touch "$stamp"
fi
