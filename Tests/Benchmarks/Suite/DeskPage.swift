import Glibc

/// What an agent's long poll says, read without making a document of it.
struct DeskPage {
    struct Entry {
        /// Nil for an assignment.
        var offerID: String?
        var workItemID: String
        /// The latest message's mark: what stands between `#` and the first space.
        var mark: String
    }

    var cursor: String?
    var entries: [Entry] = []

    init(_ body: ArraySlice<UInt8>) {
        body.withUnsafeBytes { bytes in
            var offerID: String?
            var workItemID = ""
            var index = 0
            while let quote = Self.next(0x22, in: bytes, from: index) {
                index = quote + 1
                if let value = Self.value(of: "offer_id", in: bytes, at: index) {
                    offerID = String(decoding: bytes[value], as: UTF8.self)
                    index = value.upperBound + 1
                } else if let value = Self.value(of: "work_item_id", in: bytes, at: index) {
                    workItemID = String(decoding: bytes[value], as: UTF8.self)
                    index = value.upperBound + 1
                } else if let value = Self.value(of: "cursor", in: bytes, at: index) {
                    cursor = String(decoding: bytes[value], as: UTF8.self)
                    index = value.upperBound + 1
                } else if let value = Self.value(of: "excerpt", in: bytes, at: index) {
                    let mark = bytes[value].dropFirst().prefix { $0 != 0x20 }
                    entries.append(
                        Entry(offerID: offerID, workItemID: workItemID, mark: String(decoding: mark, as: UTF8.self)))
                    offerID = nil
                    index = value.upperBound + 1
                }
            }
        }
    }

    /// Where the text value of the member is whose name begins here; nil when it is another one.
    private static func value(of name: StaticString, in bytes: UnsafeRawBufferPointer, at start: Int) -> Range<Int>? {
        let length = name.utf8CodeUnitCount
        guard start + length + 3 < bytes.count, memcmp(bytes.baseAddress! + start, name.utf8Start, length) == 0,
            bytes[start + length] == 0x22, bytes[start + length + 1] == 0x3a, bytes[start + length + 2] == 0x22
        else { return nil }
        let first = start + length + 3
        return next(0x22, in: bytes, from: first).map { first..<$0 }
    }

    private static func next(_ byte: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard start < bytes.count, let base = bytes.baseAddress,
            let found = memchr(base + start, Int32(byte), bytes.count - start)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }
}
