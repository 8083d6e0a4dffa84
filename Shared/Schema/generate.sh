#!/bin/sh
# Generates the Swift code of every .proto in Proto/ into Generated/, and records the hashes of both in
# Generated/hashes.txt, one line a file: <file> <sha256 of the .proto> <sha256 of the generated Swift>.
# Needs protoc (Debian: protobuf-compiler). The plugin is the package's own, or the one named in PROTOC_GEN_SWIFT.
set -eu
cd "$(dirname "$0")"
command -v protoc >/dev/null || { echo "protoc is missing: apt-get install protobuf-compiler" >&2; exit 1; }
plugin=${PROTOC_GEN_SWIFT:-}
if [ -z "$plugin" ]; then
    (cd ../.. && swift build --product protoc-gen-swift)
    plugin=$(cd ../.. && pwd)/.build/debug/protoc-gen-swift
fi
rm -f Generated/*.pb.swift
protoc --proto_path=Proto --plugin="protoc-gen-swift=$plugin" \
    --swift_out=Generated --swift_opt=Visibility=Package --swift_opt=UseAccessLevelOnImports=true \
    $(cd Proto && LC_ALL=C ls -- *.proto)
for proto in Proto/*.proto; do
    name=$(basename "$proto" .proto)
    proto_hash=$(sha256sum <"$proto" | cut -d' ' -f1)
    swift_hash=$(sha256sum <"Generated/$name.pb.swift" | cut -d' ' -f1)
    echo "$name.proto $proto_hash $swift_hash"
done | LC_ALL=C sort >Generated/hashes.txt
