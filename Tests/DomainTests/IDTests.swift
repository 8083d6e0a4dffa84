import Domain
import Testing

@Suite struct `Derived ids` {
    /// Computed with Python's `uuid.uuid5` over Patchbay's namespace. If one of these changes, every customer, message
    /// and work item gets a new name, and nothing that is stored is found again.
    @Test(arguments: [
        (["customer", "phone", "+33612345678"], "3e872fbd-9d40-579d-97f6-b24ac31316ff"),
        (["customer", "email", "lena@example.org"], "bc85213a-661b-57fd-9dee-da82e2c6978c"),
        (["a", "bc"], "ac05b166-c71e-5758-896f-790bfb8a9ffd"),
        (["ab", "c"], "f940804d-3716-5bd7-899c-6e008d4c7d22"),
        ([""], "9d5ea1dc-980d-5976-b938-23ef1a2413d7"),
        (["é", "日本"], "5b0708ae-aef3-56f9-8271-17b903f554fa"),
    ])
    func `are what RFC 9562 version 5 makes of the parts`(parts: [String], expected: String) {
        let id: MessageID =
            switch parts.count {
            case 1: .derived(from: parts[0])
            case 2: .derived(from: parts[0], parts[1])
            default: .derived(from: parts[0], parts[1], parts[2])
            }
        #expect(id.rawValue == expected)
    }

    /// Parts from outside may hold whatever separates them, in any place.
    @Test func `that are named differ wherever a part ends`() {
        let parts = [
            ["a\u{1F}b", "c"], ["a", "b\u{1F}c"], ["a", "b", "c"], ["a\u{1F}b\u{1F}c"], ["1:a", "b"], ["1:a1:b"],
            ["", "a"], ["a", ""], ["é"], ["e\u{301}"],
        ]
        var ids: Set<MessageID> = []
        for parts in parts {
            switch parts.count {
            case 1: ids.insert(.named(parts[0]))
            case 2: ids.insert(.named(parts[0], parts[1]))
            default: ids.insert(.named(parts[0], parts[1], parts[2]))
            }
        }
        #expect(ids.count == parts.count)
        let derived: MessageID = .derived(from: "message", "a", "b")
        #expect(MessageID.named("message", "a", "b") != derived, "what is derived and what is named never meet")
        // Computed with Python's `uuid.uuid5`, as above.
        #expect(MessageID.named("message", "a", "b").rawValue == "b30fe7d0-e3e1-5233-b1de-3ae0ef09eb99")
    }

    @Test func `hold the sender, if they name a message`() {
        let lena = Address(
            channel: .chat, account: .init("chat"), identifier: .init(kind: .visitor, value: "chat/lena"))
        var others = [lena, lena, lena]
        others[0].identifier.value = "chat/max"
        others[1].identifier.kind = .handle
        others[2].account = .init("chat-2")
        for other in others { #expect(MessageID.inbound(other, "1001") != .inbound(lena, "1001")) }
        #expect(MessageID.inbound(lena, "1001") == .inbound(lena, "1001"))
        let first = MessageID.inboundFirst(lena.account, "1001")
        #expect(first == .derived(from: "message", "chat", "1001"))
        var message = InboundMessage(
            messageID: first, customerID: lena.identifier.customerID, address: lena, text: "", providerID: "1001")
        #expect(message.boundID == .inbound(lena, "1001"))
        message.messageID = .inbound(others[0], "1001")
        #expect(message.boundID != message.messageID && message.boundID != .inbound(lena, "1001"))
    }

    @Test func `make one customer of a phone number, whatever the channel`() {
        let phone = Identifier(kind: .phone, value: "+33612345678")
        let sms = Address(channel: .sms, account: .init("sms-fr"), identifier: phone)
        let call = Address(channel: .voice, account: .init("voice-fr"), identifier: phone)
        #expect(sms.identifier.customerID == call.identifier.customerID)
        #expect(phone.customerID.rawValue == "3e872fbd-9d40-579d-97f6-b24ac31316ff")
    }

    @Test func `order as their text does`() {
        #expect(["b", "a", "c"].map { AgentID($0) }.sorted().map(\.rawValue) == ["a", "b", "c"])
    }

    @Test(arguments: [
        "3e872fbd-9d40-579d-97f6-b24ac31316ff", "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff", "3E872FBD-9D40-579D-97F6-B24AC31316FF",
        "3e872fbd+9d40-579d-97f6-b24ac31316ff", "3e872fbd-9d40-579d-97f6-b24ac31316fg",
        "3e872fbd9d40579d97f6b24ac31316ff",
        "ééééééééé-ééééééééé-ééééééééé-éé", "", "agent-1", "agent-8", "agent-12", "fifteen-letters", "sixteen-letters!",
        "\u{0}", "a\u{0}", "é", "e\u{301}", "~", "\u{7f}",
    ])
    func `are the text that they were made of, a UUID or not`(text: String) {
        let id = AgentID(text)
        #expect(id.rawValue == text)
        #expect(id == AgentID(rawValue: text))
        #expect(id.hashValue == AgentID(text).hashValue)
    }

    /// Into as many buckets as there are ids a random hash puts something in 63 % of them.
    @Test(arguments: [0, 17, 52, 64, 90, 110])
    func `spread over a table, however alike they are`(shift: Int) {
        let ids = (0..<4_096).map { number -> WorkItemID in
            let bits = UInt128(number) << UInt128(shift)
            return WorkItemID(form: .uuid(UInt64(truncatingIfNeeded: bits >> 64), UInt64(truncatingIfNeeded: bits)))
        }
        for seed in [0, 1, 4_711] {
            let buckets = Set(ids.map { $0._rawHashValue(seed: seed) & 4_095 })
            #expect(buckets.count > 2_300)
        }
        #expect(Set(ids).count == ids.count && ids.allSatisfy(Set(ids).contains))
    }

    @Test func `order as their text does, UUIDs and others together`() {
        let texts = [
            "3e872fbd-9d40-579d-97f6-b24ac31316ff", "3e872fbd-9d40-579d-97f6-b24ac31316fe", "agent-1", "0",
            "3E872FBD-9D40-579D-97F6-B24AC31316FF", "f940804d-3716-5bd7-899c-6e008d4c7d22", "g", "3e872fbd", "é",
            "", "agent-12", "agent-2", "fifteen-letters", "fifteen-letters!", "fifteen-letter", "eight-by",
            "eight-by-8",
            "~",
        ]
        #expect(texts.map { AgentID($0) }.sorted().map(\.rawValue) == texts.sorted())
    }
}
