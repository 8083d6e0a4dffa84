import Testing

@testable import Curl

@Suite("Addresses that are not public are refused")
struct AddressRulesTests {
    @Test(
        "private, loopback, link-local and embedded addresses",
        arguments: [
            "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
            "172.31.255.255", "192.168.1.1", "198.18.0.1", "224.0.0.1", "255.255.255.255",
            "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::10.0.0.1", "2001::1",
            "2001:db8::1", "2002:7f00:1::", "fc00::1", "fd12::1", "fe80::1", "fec0::1", "ff02::1",
        ])
    func refused(_ address: String) throws {
        let range = try #require(AddressRange(address))
        #expect(!AddressRules.publicOnly.permits(range.bytes))
        #expect(AddressRules.all.permits(range.bytes))
    }

    @Test(
        "public addresses are allowed",
        arguments: [
            "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0",
            "192.167.255.255", "223.255.255.255", "::ffff:8.8.8.8", "2606:4700::1111", "2a00:1450::1",
        ])
    func permitted(_ address: String) throws {
        #expect(AddressRules.publicOnly.permits(try #require(AddressRange(address)).bytes))
    }

    @Test("an allowed range opens that range alone")
    func allowedRange() throws {
        let rules = AddressRules(allowed: [
            try #require(AddressRange("10.20.0.0/15")), try #require(AddressRange("fd00::/8")),
        ])
        #expect(rules.permits(try #require(AddressRange("10.21.255.255")).bytes))
        #expect(rules.permits(try #require(AddressRange("::ffff:10.20.0.1")).bytes))
        #expect(rules.permits(try #require(AddressRange("fd00::1")).bytes))
        #expect(!rules.permits(try #require(AddressRange("10.22.0.0")).bytes))
        #expect(!rules.permits(try #require(AddressRange("127.0.0.1")).bytes))
    }

    @Test(
        "what is no range is not read as one",
        arguments: ["", "10.0.0.0/33", "10.0.0/8", "::/129", "host", "1.1.1.1/-1", "1.1.1.1/x"])
    func malformed(_ text: String) {
        #expect(AddressRange(text) == nil)
    }
}
