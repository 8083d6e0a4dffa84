package import SwiftProtobuf

/// Which message a service keeps under which keys of its state topic, so that `patchbay tail` can print it.
package struct StateMessage: Sendable {
    package var topic: Topic
    package var keyPrefix: String
    package var message: any SwiftProtobuf.Message.Type

    package init(_ topic: Topic, _ keyPrefix: String, _ message: any SwiftProtobuf.Message.Type) {
        self.topic = topic
        self.keyPrefix = keyPrefix
        self.message = message
    }

    /// The first that fits a record counts.
    package static let all = connector + context + router + slaTimer

    private static let connector = [
        StateMessage(.connectorState, "conversation/", WireConversationDeliveries.self)
    ]

    private static let context = [StateMessage(.contextState, "", WireContextEntity.self)]

    private static let router = [StateMessage(.routerState, "", WireRouterEntity.self)]

    private static let slaTimer = [
        StateMessage(.slaTimerState, "work-item/", WireSLATimerWorkItem.self)
    ]
}
