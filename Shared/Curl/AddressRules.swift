internal import Glibc

/// Which addresses a client connects to. They are checked after resolution, at the moment a socket is opened, so a
/// name that resolves to another address the second time gains nothing.
package struct AddressRules: Hashable, Sendable {
    /// Ranges that are allowed although they are not public.
    package var allowed: [AddressRange]

    package init(allowed: [AddressRange]) {
        self.allowed = allowed
    }

    /// Only what the public internet routes.
    package static let publicOnly = AddressRules(allowed: [])

    /// Every address, loopback and private ones too: for development and tests.
    package static let all = AddressRules(allowed: [AddressRange(bytes: [], bits: 0)])

    /// - Parameter address: a `sockaddr` of any family; only the two of IP are ever permitted.
    func permits(_ address: UnsafeRawPointer, length: Int) -> Bool {
        guard let bytes = Self.bytes(of: address, length: length) else { return false }
        return permits(bytes)
    }

    /// - Parameter address: 16 bytes; an IPv4 address in its mapped form.
    func permits(_ address: [UInt8]) -> Bool {
        if allowed.contains(where: { $0.contains(address) }) { return true }
        if AddressRange.mapped.contains(address) {
            return !AddressRange.special4.contains { $0.contains(address) }
        }
        return AddressRange.global6.contains(address) && !AddressRange.special6.contains { $0.contains(address) }
    }

    private static func bytes(of address: UnsafeRawPointer, length: Int) -> [UInt8]? {
        switch Int32(address.loadUnaligned(as: sockaddr.self).sa_family) {
        case AF_INET where length >= MemoryLayout<sockaddr_in>.size:
            let value = address.loadUnaligned(as: sockaddr_in.self).sin_addr
            return AddressRange.mappedPrefix + withUnsafeBytes(of: value, Array.init)
        case AF_INET6 where length >= MemoryLayout<sockaddr_in6>.size:
            return withUnsafeBytes(of: address.loadUnaligned(as: sockaddr_in6.self).sin6_addr, Array.init)
        default:
            return nil
        }
    }
}

/// Addresses that share their first bits. IPv4 ranges are held in the mapped form `::ffff:a.b.c.d`, so that an IPv6
/// socket to a mapped address is judged like the IPv4 one.
package struct AddressRange: Hashable, Sendable {
    /// The address, as far as the bits reach; 16 bytes, or fewer where the rest does not count.
    let bytes: [UInt8]
    let bits: Int

    init(bytes: [UInt8], bits: Int) {
        self.bytes = bytes
        self.bits = bits
    }

    /// Reads `10.0.0.0/8`, `fd00::/8` or a single address; nil when it is neither.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let host = String(parts[0])
        var four = in_addr()
        var six = in6_addr()
        let width: Int
        if inet_pton(AF_INET, host, &four) == 1 {
            bytes = Self.mappedPrefix + withUnsafeBytes(of: four, Array.init)
            width = 32
        } else if inet_pton(AF_INET6, host, &six) == 1 {
            bytes = withUnsafeBytes(of: six, Array.init)
            width = 128
        } else {
            return nil
        }
        guard parts.count == 2 else {
            bits = 128
            return
        }
        guard let length = Int(parts[1]), (0...width).contains(length) else { return nil }
        bits = 128 - width + length
    }

    func contains(_ address: [UInt8]) -> Bool {
        let whole = bits / 8
        guard bytes.prefix(whole).elementsEqual(address.prefix(whole)) else { return false }
        let rest = bits % 8
        guard rest > 0 else { return true }
        let mask = ~UInt8(0) << (8 - rest)
        return bytes[whole] & mask == address[whole] & mask
    }

    static let mappedPrefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
    static let mapped = AddressRange(bytes: mappedPrefix, bits: 96)
    /// The only part of IPv6 that is handed out for the public internet.
    static let global6 = AddressRange(bytes: [0x20], bits: 3)

    /// - Source: IANA IPv4 Special-Purpose Address Registry; multicast and reserved added.
    static let special4: [AddressRange] = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
        "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    ].compactMap(AddressRange.init)

    /// Inside `global6`: Teredo and 6to4 can carry a private IPv4 address; the rest is documentation and protocol use.
    /// - Source: IANA IPv6 Special-Purpose Address Registry.
    static let special6: [AddressRange] = [
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    ].compactMap(AddressRange.init)
}
