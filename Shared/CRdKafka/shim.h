// What Swift cannot import from librdkafka (varargs, cast macros), as plain inline functions.
// Oldest supported: librdkafka 2.0.2.
#pragma once

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdint.h>
#include <sys/prctl.h>

static const int32_t patchbay_partition_any = -1; // RD_KAFKA_PARTITION_UA
static const int64_t patchbay_offset_beginning = RD_KAFKA_OFFSET_BEGINNING;
static const int64_t patchbay_offset_end = RD_KAFKA_OFFSET_END;

/// Queues one message, copying key and value. Never blocks. A null key or value stays null.
/// On success librdkafka owns `headers` (may be null); on failure the caller still does.
static inline rd_kafka_resp_err_t patchbay_produce(
    rd_kafka_t *client, rd_kafka_topic_t *topic, int32_t partition, const void *key, size_t key_bytes, const void *value,
    size_t value_bytes, rd_kafka_headers_t *headers, intptr_t tag) {
    if (headers)
        return rd_kafka_producev(
            client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
            RD_KAFKA_V_KEY((void *)key, key_bytes), RD_KAFKA_V_VALUE((void *)value, value_bytes),
            RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE((void *)tag), RD_KAFKA_V_END);
    return rd_kafka_producev(
        client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY((void *)key, key_bytes), RD_KAFKA_V_VALUE((void *)value, value_bytes),
        RD_KAFKA_V_OPAQUE((void *)tag), RD_KAFKA_V_END);
}

/// Drops librdkafka's own log lines: what matters also arrives as an error event.
static inline void patchbay_conf_silence(rd_kafka_conf_t *conf) { rd_kafka_conf_set_log_cb(conf, NULL); }

/// Names the calling thread; the kernel keeps 15 bytes.
static inline void patchbay_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

#include "local-broker.h"
