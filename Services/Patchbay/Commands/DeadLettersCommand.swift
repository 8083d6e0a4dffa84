import ArgumentParser
import Schema
import Streams

struct DeadLettersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters",
        abstract: "Shows the records that no service understood, and sends them again.",
        discussion: """
            A record that cannot be understood is put aside, and its log goes on. A letter is named by the place of \
            that record, as inbound/0/12.
            """,
        subcommands: [List.self, Show.self, Resend.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists dead letters, newest first.")

        @OptionGroup var kafka: KafkaOptions
        @Option(help: "Only records of this topic, such as inbound.") var topic: Topic?
        @Option(help: "Only letters whose error contains this.") var error: String?
        @Option(help: "At most this many.") var limit: Int = 50
        @Option(help: "Look at the last records of each partition of the topic, at most this many.")
        var scan: Int64 = 100_000

        func validate() throws {
            guard (1...10_000).contains(limit) else {
                throw ValidationError("--limit is \(limit): expected 1 to 10000")
            }
            guard (1...10_000_000).contains(scan) else {
                throw ValidationError("--scan is \(scan): expected 1 to 10000000")
            }
        }

        func run() throws {
            for line in try lines(kafka.connection()) { print(line) }
        }

        func lines(_ connection: KafkaConnection) throws -> [String] {
            let (entries, isCut) = try DeadLetterBox(connection: connection, scanMax: scan).read()
            let found = entries.filter { entry in
                (topic == nil || entry.name.topic == topic?.rawValue)
                    && (error.map { entry.letter.error.contains($0) } ?? true)
            }
            let older = isCut ? "; older ones were not looked at: see --scan" : ""
            guard !found.isEmpty else { return ["no dead letters\(older)"] }
            let count = found.count > limit ? "\(limit) of \(found.count) dead letters" : "\(found.count) dead letters"
            return LetterText.table(Array(found.prefix(limit))) + ["\(count)\(older)"]
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows a dead letter: why, headers, and the value as JSON or else as bytes.")

        @OptionGroup var kafka: KafkaOptions
        @Argument(help: "The letter, as inbound/0/12.") var letter: LetterName

        func run() throws {
            let connection = try kafka.connection()
            let entry = try DeadLetterBox(connection: connection).find(letter)
            for line in LetterText.page(entry, prefix: connection.prefix) { print(line) }
        }
    }

    struct Resend: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sends a dead letter's record to the end of its log again, as it was.",
            discussion: """
                The record carries the header patchbay-resent with the letter's name, and loses its origin, by which \
                it would be dropped as a repeat. Refused is what the present version would not understand either, and \
                a letter that was sent again before.
                """)

        @OptionGroup var kafka: KafkaOptions
        @Argument(help: "The letter, as inbound/0/12.") var letter: LetterName
        @Flag(help: "Send it although it would be refused again, or was sent before.") var force = false

        func run() throws {
            let box = DeadLetterBox(connection: try kafka.connection())
            print("sent \(letter) again: it is \(try Resending(box: box).resend(letter, isForced: force))")
        }
    }
}
