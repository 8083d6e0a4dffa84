// Pauses for the local broker, and for no other: added to a client only where it is told that it talks to that one.
#pragma once

#include <librdkafka/rdkafka.h>
#include <stdint.h>
#include <time.h>

// What a small broker does otherwise than Kafka, and what keeps its clients from suffering. An answer is held up on the
// connection's own thread.
//
// - It may answer a fetch of nothing at once instead of waiting for `fetch.wait.max.ms`: the client would ask again
//   without a pause, and two cores would do nothing else. A broker that waits by itself never meets this pause.
// - It may let the leader of a group have its answer while the other members still wait for theirs. A leader that gives
//   partitions back joins again at once, the others count as having missed that round, and everybody waits until the
//   rebalance times out (`max.poll.interval.ms`). So a member thinks for a moment before it acts on an assignment.

/// What one connection has seen of its fetches. Each connection has a thread, and one fetch under way.
struct patchbay_fetches {
    size_t request_bytes;
    /// Of all answers to requests of this size: what an answer without records has, since requests of one size ask for
    /// the same partitions.
    size_t smallest_answer_bytes;
    int64_t last_records_nanoseconds;
};

static inline struct patchbay_fetches *patchbay_fetches(void) {
    static _Thread_local struct patchbay_fetches fetches;
    return &fetches;
}

static inline int64_t patchbay_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static inline rd_kafka_resp_err_t patchbay_note_request(
    rd_kafka_t *client, int socket, const char *broker, int32_t broker_id, int16_t api_key, int16_t api_version,
    int32_t correlation, size_t bytes, void *opaque) {
    const int16_t fetch = 1;
    if (api_key == fetch && bytes != patchbay_fetches()->request_bytes) {
        patchbay_fetches()->request_bytes = bytes;
        patchbay_fetches()->smallest_answer_bytes = SIZE_MAX;
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/// How long to hold up the answer to a fetch, and with it the next fetch.
///
/// After nothing an eighth of the time since there was something, between `least` and 10 ms, so that what is busy stays
/// quick and what is idle stays quiet. Something is not held up, unless the last came just before: then `least`, so that
/// many records come in few answers.
static inline int64_t patchbay_fetch_pause(size_t bytes, int64_t round_trip_microseconds, int64_t least) {
    const int64_t most = 10000000, at_once_microseconds = 20000;
    struct patchbay_fetches *fetches = patchbay_fetches();
    int64_t now = patchbay_nanoseconds();
    int64_t quiet = now - fetches->last_records_nanoseconds;
    if (bytes > fetches->smallest_answer_bytes) {
        fetches->last_records_nanoseconds = now;
        return quiet < 2 * least ? least : 0;
    }
    fetches->smallest_answer_bytes = bytes;
    if (round_trip_microseconds > at_once_microseconds) return 0;
    int64_t pause = quiet / 8 < most ? quiet / 8 : most;
    return pause < least ? least : pause;
}

static inline rd_kafka_resp_err_t patchbay_pace_answer(
    rd_kafka_t *client, int socket, const char *broker, int32_t broker_id, int16_t api_key, int16_t api_version,
    int32_t correlation, size_t bytes, int64_t round_trip_microseconds, rd_kafka_resp_err_t error, void *opaque) {
    const int16_t fetch = 1, sync_group = 14;
    struct timespec pause = {0, 0};
    if (api_key == fetch) pause.tv_nsec = patchbay_fetch_pause(bytes, round_trip_microseconds, (intptr_t)opaque);
    if (api_key == sync_group) pause.tv_nsec = 100000000;
    if (pause.tv_nsec > 0) nanosleep(&pause, NULL);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static inline rd_kafka_resp_err_t patchbay_add_pacing(
    rd_kafka_t *client, const rd_kafka_conf_t *conf, void *opaque, char *reason, size_t reason_bytes) {
    rd_kafka_interceptor_add_on_request_sent(client, "pace-answers", patchbay_note_request, opaque);
    return rd_kafka_interceptor_add_on_response_received(client, "pace-answers", patchbay_pace_answer, opaque);
}

/// Keeps a consumer from asking for nothing in a loop, for one record at a time while there are many, and from joining a
/// group again before the others have heard of the last round (100 ms after each assignment).
/// `least_nanoseconds`: the shortest pause between fetches.
static inline void patchbay_conf_pace_answers(rd_kafka_conf_t *conf, int64_t least_nanoseconds) {
    rd_kafka_conf_interceptor_add_on_new(
        conf, "pace-answers", patchbay_add_pacing, (void *)(intptr_t)least_nanoseconds);
}
