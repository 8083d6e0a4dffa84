import Domain

extension ContextCore {
    /// Tells the router which open work items a customer who left had, or forwards the word where the identifier's
    /// messages go.
    ///
    /// A call names its own work item. Of a chat nothing is named: the router looks which work items were last written
    /// to from where the customer left.
    mutating func takeLeave(_ departure: Departure, of customerID: CustomerID, at now: Instant) -> [ContextOutput] {
        guard let customer = known(customerID, at: now) else { return [] }
        if departure.forwardedFrom == nil, let ownerID = customer.link?.ownerID {
            var copy = departure
            copy.forwardedFrom = customerID
            // An instance of the release before does not know it.
            if rulesVersion < 2 { copy.providerID = nil }
            return [.inbound(.customerLeft(copy), ownerID)]
        }
        let called = Beginning.called(departure, rulesVersion: rulesVersion)
        return (customer.openConversation?.items ?? []).filter { called?.contains($0.id) ?? true }.map { item in
            .work(
                .customerGone(
                    CustomerGone(
                        workItemID: item.id, poolID: item.poolID, address: departure.address,
                        reason: departure.reason)), item.poolID)
        }
    }
}
