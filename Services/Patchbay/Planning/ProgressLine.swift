import Foundation
import RouterPlanning

/// Says on standard error how far a long simulation is: one line that changes on a terminal, else one every ten seconds.
struct ProgressLine {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let clock = ContinuousClock()
    private let began: ContinuousClock.Instant
    private var spoken: ContinuousClock.Instant
    private var isShown = false

    init() {
        began = clock.now
        spoken = began
    }

    var elapsed: Duration { clock.now - began }

    mutating func show(_ progress: PlanningProgress, of subject: String = "") {
        let now = clock.now
        guard now - spoken >= (isTerminal ? .milliseconds(200) : .seconds(10)) else { return }
        spoken = now
        isShown = true
        let percent = (Double(progress.replication) + progress.share) / Double(progress.replications) * 100
        let text =
            "\(subject)replication \(progress.replication + 1) of \(progress.replications), "
            + "\(Int(percent)) % after \(elapsed.components.seconds) s"
        write(isTerminal ? "\r\u{1B}[K\(text)" : "\(text)\n")
    }

    /// Leaves the line clean for what follows.
    func end() {
        if isTerminal, isShown { write("\r\u{1B}[K") }
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
