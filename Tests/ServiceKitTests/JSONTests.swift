import Domain
import HTTPTypes
import Testing

@testable import ServiceKit

@Suite("JSON is read strictly")
struct JSONTests {
    @Test(
        "Valid documents give their values",
        arguments: [
            ("null", JSONValue.null), (" true ", .boolean(true)), ("-0", .integer(0)),
            ("9223372036854775807", .integer(.max)),
            ("9223372036854775808", .decimal(9_223_372_036_854_775_808)), ("1.5e3", .decimal(1500)), ("[]", .array([])),
            (#""\u00e9\n\ud83d\ude00\/""#, .string("é\n😀/")),
            (#"{"a":[1,{"b":null}]}"#, .object([("a", .array([.integer(1), .object([("b", .null)])]))])),
        ])
    func valid(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: text.utf8) == value)
    }

    @Test(
        "What is not JSON is refused",
        arguments: [
            "", " ", "{", "[1,]", "{\"a\":1,}", "{a:1}", "{'a':1}", "01", "1.", ".5", "+1", "1e", "--1", "tru", "nul",
            "NaN", "Infinity",
            "\"\n\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"", "[1 2]",
            "{\"a\" 1}", "1 2", "[1]]",
            "{\"a\":1,\"a\":2}", "// a", "1e999", "\u{feff}1",
        ])
    func invalid(text: String) {
        #expect {
            try JSONValue(parsing: text.utf8)
        } throws: { error in
            if case .malformed = error as? JSONError { true } else { false }
        }
    }

    @Test(
        "Bytes that are not UTF-8 are refused",
        arguments: [[0x22, 0xff, 0x22], [0x22, 0xc0, 0xaf, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22]])
    func encoding(bytes: [UInt8]) {
        #expect(throws: JSONError.malformed(offset: 1, reason: "a string is not UTF-8")) {
            try JSONValue(parsing: bytes)
        }
    }

    @Test("Depth and number of values have limits")
    func limits() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try JSONValue(parsing: nested(16).utf8)
        #expect(throws: JSONError.limit("at most 16 objects or arrays inside each other")) {
            try JSONValue(parsing: nested(17).utf8)
        }
        #expect(throws: JSONError.self) { try JSONValue(parsing: nested(1_000_000).utf8) }
        let many = "[" + Array(repeating: "0", count: 10_000).joined(separator: ",") + "]"
        #expect(throws: JSONError.limit("at most 10000 values")) { try JSONValue(parsing: many.utf8) }
    }

    @Test("What is written can be read again")
    func written() throws {
        let value = JSONValue.object([
            "text": "tab\t quote\" back\\ null\0 é😀", "none": nil as String?, "whole": -7, "half": 0.5, "yes": true,
            "list": ["a", "b"], "id": AgentID("maria"), "at": Instant(milliseconds: 1_000),
        ])
        #expect(try JSONValue(parsing: value.bytes) == value)
        #expect(value["none"] == nil)
        #expect(value["at"] == .string("1970-01-01T00:00:01.000Z"))
    }
}

@Suite("Fields are read strictly, and all mistakes are named")
struct InputFieldsTests {
    private enum Size: String, CaseIterable { case small, large }

    private func problem(_ json: String, _ read: (InputFields) -> Void) -> Problem? {
        do throws(Problem) {
            try readFields(ofJSON: Array(json.utf8), read)
            return nil
        } catch {
            return error
        }
    }

    @Test("Right fields are read in their types")
    func right() throws {
        let json =
            #"{"s":"x","n":3,"b":true,"c":"large","id":"q-1","o":{"k":"v"},"l":[{"n":1},{"n":2}],"t":["a"],"d":{"x":"y"},"z":null}"#
        try readFields(ofJSON: Array(json.utf8)) { body in
            #expect(body.string("s") == "x")
            #expect(body.integer("n", in: 1...5) == 3)
            #expect(body.boolean("b"))
            #expect(body.choice("c", of: Size.self) == .large)
            #expect(body.id("id", QueueID.self) == QueueID("q-1"))
            #expect(body.object("o") { $0.string("k") } == "v")
            #expect(body.objects("l", count: 0...2) { $0.integer("n", in: 0...9) } == [1, 2])
            #expect(body.strings("t", count: 1...1) == ["a"])
            #expect(body.dictionary("d", countMax: 1).map(\.value) == ["y"])
            #expect(body.optionalString("z") == nil)
            #expect(body.optionalInteger("missing", in: 0...1) == nil)
            #expect(body.strings("none", count: 0...1).isEmpty)
        }
    }

    @Test("Everything wrong is named with its value and what is expected")
    func wrong() throws {
        let json =
            #"{"s":"","n":9,"b":"yes","c":"huge","id":"a b","o":{"k":1,"extra":2},"l":[{"n":1},{"n":"x"},3],"surplus":[]}"#
        let problem = try #require(
            problem(json) { body in
                _ = body.string("s")
                _ = body.integer("n", in: 1...5)
                _ = body.boolean("b")
                _ = body.choice("c", of: Size.self)
                _ = body.id("id", QueueID.self)
                _ = body.object("o") { $0.string("k") }
                _ = body.objects("l", count: 0...3) { $0.integer("n", in: 0...9) }
                _ = body.string("gone")
            })
        #expect(problem.status.code == 422 && problem.code == "invalid-fields")
        #expect(
            problem.errors.map(\.field)
                == ["s", "n", "b", "c", "id", "o.k", "o.extra", "l[1].n", "l[2]", "gone", "surplus"])
        #expect(problem.errors[1] == FieldError(field: "n", value: "9", expected: "a whole number from 1 to 5"))
        #expect(problem.errors[3].expected == "one of small, large")
        #expect(problem.errors[6] == FieldError(field: "o.extra", value: "2", expected: "no such field"))
        #expect(problem.errors[9] == FieldError(field: "gone", value: nil, expected: "a text of 1 to 1024 bytes"))
    }

    @Test("A missing object is named once, not with all its fields")
    func missingObject() throws {
        let problem = try #require(problem("{}") { body in _ = body.object("o") { $0.string("k") } })
        #expect(problem.errors.map(\.field) == ["o"])
    }

    @Test("Long values are shortened and errors have a limit")
    func bounded() throws {
        let long = String(repeating: "x", count: 5_000)
        let members = (0..<100).map { "\"f\($0)\":\"\(long)\"" }.joined(separator: ",")
        let problem = try #require(problem("{\(members)}") { _ in })
        #expect(problem.errors.count == 20)
        #expect(problem.errors.allSatisfy { ($0.value?.count ?? 0) <= 65 })
    }

    @Test("A document that is no object is not as expected", arguments: ["[]", "1", "null", "\"x\""])
    func noObject(json: String) {
        #expect(problem(json) { _ in }?.code == "invalid-fields")
    }
}
