package import Domain

/// What a recorded partition said to the router, in order.
package struct History: Sendable {
    package struct Moment: Sendable {
        /// Log time.
        package var at: Instant
        package var step: Step

        package init(at: Instant, step: Step) {
            self.at = at
            self.step = step
        }
    }

    package enum Step: Sendable {
        /// A record that shows the time and nothing else.
        case time
        case command(WorkCommand)
        case configuration(Configuration)
    }

    package var moments: [Moment] = []

    package init() {}
}
