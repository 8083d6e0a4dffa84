import Domain
import OrderedCollections

// Who is let into a queue, and what the others hear instead of a silence.
//
// Only a work item that begins with a customer's message is held against the limits: what an agent transfers, what
// comes from another pool and what was put off for a callback has its place. Who would be served at once is always let
// in while the queue is open.
extension RouterMachine {
    /// Why the work item that was just opened does not get a place; nil: it does.
    mutating func refusal(of item: WorkItem, at now: Instant) -> Refusal? {
        guard let admission = rules(of: item.queueID)?.queue.admission else { return nil }
        if let id = admission.calendarID, !(configuration.calendars[id]?.isOpen(at: now) ?? false) {
            return Refusal(notice: .queueClosed, text: admission.closedText)
        }
        guard admission.waitingMax != nil || admission.waitSecondsMax != nil else { return nil }
        // An expected wait of no second is no free agent: half of all wait longer.
        guard !isSomebodyFree(for: item) else { return nil }
        let wait = expectedWaitSeconds(of: item)
        // The work item itself stands in line already.
        let others = waitingCount(in: item.queueID, of: item.poolID) - 1
        let isLong = wait.map { $0 > admission.waitSecondsMax ?? .max } ?? false
        guard others >= admission.waitingMax ?? .max || isLong else { return nil }
        let text = admission.fullText.replacing("{wait}", with: wait.map { waitInWords(seconds: $0) } ?? "not known")
        return Refusal(notice: .queueFull, text: text, expectedWaitSeconds: wait)
    }

    /// Gives the honest answer and closes the work item; its clocks never start.
    mutating func turnAway(_ id: WorkItemID, _ refusal: Refusal, at now: Instant) {
        guard let item = items[id] else { return }
        emit(
            .turnedAway(refusal.notice, expectedWaitSeconds: refusal.expectedWaitSeconds), about: item, at: now)
        tell(refusal.notice, refusal.text, about: item, at: now)
        close(id, by: nil, disposition: refusal.notice.rawValue, at: now)
    }

    /// Writes to the customer on the queue's behalf, where the customer can be written to.
    mutating func tell(_ notice: Notice, _ text: String, about item: WorkItem, at now: Instant) {
        guard let address = item.replyAddress, !text.isEmpty else { return }
        let messageID = MessageID.derived(from: "notice", item.id.rawValue, notice.rawValue)
        outputs.append(
            .send(
                OutboundMessage(
                    messageID: messageID, conversationID: item.conversationID, customerID: item.customerID,
                    workItemID: item.id, author: .notice(notice), address: address, text: text, createdAt: now)))
        emit(.customerTold(notice, messageID), about: item, at: now)
    }
}

/// Why a work item does not get a place in its queue, and what the customer hears.
struct Refusal: Hashable, Sendable {
    var notice: Notice
    var text: String
    var expectedWaitSeconds: Int?
}
