// The floor: what librdkafka alone needs for the hops that a message makes in Patchbay, with nothing of Patchbay in it.
//
//   producer ──▶ topic A ──▶ relay ──▶ topic B ──▶ reader
//   (the POST)   (inbound)  (context)  (work)     (router)
//
// Each is a thread with a librdkafka client of its own, acks=all and idempotent as Patchbay's, without linger. The
// first bytes of a record say when it was due; the reader takes the time. Records are due at a fixed rate whatever
// became of those before (an open loop, so a stall counts for everything that it delays), or, at rate 0, as soon as
// fewer than `window` are on their way.
//
//   floor BROKERS TOPIC_A TOPIC_B PARTITIONS RATE SECONDS WINDOW BYTES
//
// Prints one line of JSON: how many arrived, the quantiles of their times in microseconds, and the CPU time used.

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static const char *brokers;
static const char *topic_a;
static const char *topic_b;
static int partitions;
static double rate;
static double seconds;
static long window;
static size_t record_bytes;

enum { warm_up_records = 200 };
static atomic_long warmed_up;
static atomic_long sent;
static atomic_long received;
static atomic_int producing_is_over;
static atomic_int reading_is_over;
static pthread_barrier_t everybody_is_ready;

static int64_t *times;
static long times_max;

static int64_t now_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void sleep_until(int64_t nanoseconds) {
    struct timespec until = {nanoseconds / 1000000000LL, nanoseconds % 1000000000LL};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char reason[256];
    if (rd_kafka_conf_set(conf, name, value, reason, sizeof reason) == RD_KAFKA_CONF_OK) return;
    fprintf(stderr, "%s = %s: %s\n", name, value, reason);
    exit(2);
}

static rd_kafka_t *client(rd_kafka_type_t type, rd_kafka_conf_t *conf) {
    char reason[256];
    set(conf, "bootstrap.servers", brokers);
    set(conf, "broker.address.family", "v4");
    set(conf, "socket.nagle.disable", "true");
    rd_kafka_t *made = rd_kafka_new(type, conf, reason, sizeof reason);
    if (made) return made;
    fprintf(stderr, "%s\n", reason);
    exit(2);
}

static rd_kafka_t *producer(void) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "enable.idempotence", "true");
    set(conf, "acks", "all");
    set(conf, "linger.ms", "0");
    return client(RD_KAFKA_PRODUCER, conf);
}

// A broker that answers an empty fetch at once would be asked again at once, and a core or more would be spent on asking.
static rd_kafka_resp_err_t pace(
    rd_kafka_t *rk, int socket, const char *broker, int32_t id, int16_t api, int16_t version, int32_t correlation,
    size_t bytes, int64_t round_trip, rd_kafka_resp_err_t error, void *opaque) {
    struct timespec pause = {0, 500000};
    if (api == 1 && bytes < 400 && round_trip < 20000) nanosleep(&pause, NULL);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t add_pace(
    rd_kafka_t *rk, const rd_kafka_conf_t *conf, void *opaque, char *reason, size_t reason_bytes) {
    return rd_kafka_interceptor_add_on_response_received(rk, "pace", pace, opaque);
}

static rd_kafka_t *consumer(const char *topic) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "group.id", "floor");
    set(conf, "enable.auto.commit", "false");
    set(conf, "auto.offset.reset", "earliest");
    set(conf, "fetch.wait.max.ms", "50");
    set(conf, "fetch.min.bytes", "1");
    set(conf, "receive.message.max.bytes", "1000000000");
    rd_kafka_conf_interceptor_add_on_new(conf, "pace", add_pace, NULL);
    rd_kafka_t *made = client(RD_KAFKA_CONSUMER, conf);
    rd_kafka_poll_set_consumer(made);
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(partitions);
    for (int partition = 0; partition < partitions; partition++)
        rd_kafka_topic_partition_list_add(all, topic, partition)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(made, all);
    rd_kafka_topic_partition_list_destroy(all);
    return made;
}

static void produce(rd_kafka_t *to, const char *topic, const void *key, size_t key_bytes, const void *value, size_t bytes) {
    while (rd_kafka_producev(
               to, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_KEY((void *)key, key_bytes),
               RD_KAFKA_V_VALUE((void *)value, bytes), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END) ==
           RD_KAFKA_RESP_ERR__QUEUE_FULL)
        rd_kafka_poll(to, 1);
    rd_kafka_poll(to, 0);
}

static void produce_one(rd_kafka_t *to, char *value, int64_t due, long number) {
    uint64_t key = (uint64_t)number % 400 * 0x9e3779b97f4a7c15ULL;
    memcpy(value, &due, sizeof due);
    produce(to, topic_a, &key, sizeof key, value, record_bytes);
}

// Records that are not counted, until connections and caches are warm.
static void warm_up(rd_kafka_t *to, char *value) {
    for (long number = 0; number < warm_up_records; number++) produce_one(to, value, 0, number);
    while (atomic_load(&warmed_up) < warm_up_records) rd_kafka_poll(to, 1);
}

static void *run_producer(void *unused) {
    rd_kafka_t *to = producer();
    char *value = calloc(1, record_bytes);
    pthread_barrier_wait(&everybody_is_ready);
    warm_up(to, value);
    int64_t start = now_nanoseconds(), end = start + (int64_t)(seconds * 1e9);
    for (long number = 0; number < times_max; number++) {
        int64_t due = now_nanoseconds();
        if (rate > 0) {
            due = start + (int64_t)(number * 1e9 / rate);
            if (due >= end) break;
            sleep_until(due);
        } else {
            while (atomic_load(&sent) - atomic_load(&received) >= window) sleep_until(now_nanoseconds() + 100000);
            due = now_nanoseconds();
            if (due >= end) break;
        }
        produce_one(to, value, due, number);
        atomic_fetch_add(&sent, 1);
    }
    rd_kafka_flush(to, 30000);
    atomic_store(&producing_is_over, 1);
    free(value);
    rd_kafka_destroy(to);
    return NULL;
}

static void *run_relay(void *unused) {
    rd_kafka_t *from = consumer(topic_a), *to = producer();
    pthread_barrier_wait(&everybody_is_ready);
    while (!atomic_load(&reading_is_over)) {
        rd_kafka_message_t *record = rd_kafka_consumer_poll(from, 100);
        if (!record) continue;
        if (!record->err) produce(to, topic_b, record->key, record->key_len, record->payload, record->len);
        rd_kafka_message_destroy(record);
    }
    rd_kafka_destroy(to);
    rd_kafka_destroy(from);
    return NULL;
}

static void *run_reader(void *unused) {
    rd_kafka_t *from = consumer(topic_b);
    pthread_barrier_wait(&everybody_is_ready);
    int64_t last = now_nanoseconds();
    while (!atomic_load(&producing_is_over) || atomic_load(&received) < atomic_load(&sent)) {
        rd_kafka_message_t *record = rd_kafka_consumer_poll(from, 100);
        int64_t now = now_nanoseconds();
        if (record && !record->err) {
            int64_t due;
            memcpy(&due, record->payload, sizeof due);
            if (due == 0) {
                atomic_fetch_add(&warmed_up, 1);
                rd_kafka_message_destroy(record);
                continue;
            }
            long index = atomic_fetch_add(&received, 1);
            if (index < times_max) times[index] = now - due;
            last = now;
        }
        if (record) rd_kafka_message_destroy(record);
        if (atomic_load(&producing_is_over) && now - last > 30000000000LL) break;
    }
    atomic_store(&reading_is_over, 1);
    rd_kafka_destroy(from);
    return NULL;
}

static int by_size(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return a < b ? -1 : a > b;
}

static long quantile(long count, double share) {
    if (count == 0) return 0;
    long index = (long)(share * count);
    return (long)(times[index < count ? index : count - 1] / 1000);
}

int main(int count, char **arguments) {
    if (count != 9) {
        fprintf(stderr, "floor BROKERS TOPIC_A TOPIC_B PARTITIONS RATE SECONDS WINDOW BYTES\n");
        return 64;
    }
    brokers = arguments[1];
    topic_a = arguments[2];
    topic_b = arguments[3];
    partitions = atoi(arguments[4]);
    rate = atof(arguments[5]);
    seconds = atof(arguments[6]);
    window = atol(arguments[7]);
    record_bytes = (size_t)atol(arguments[8]);
    times_max = rate > 0 ? (long)(rate * seconds) + 1 : 5000000;
    times = calloc((size_t)times_max, sizeof *times);

    pthread_t threads[3];
    pthread_barrier_init(&everybody_is_ready, NULL, 3);
    pthread_create(&threads[0], NULL, run_relay, NULL);
    pthread_create(&threads[1], NULL, run_reader, NULL);
    pthread_create(&threads[2], NULL, run_producer, NULL);
    for (int index = 0; index < 3; index++) pthread_join(threads[index], NULL);

    long arrived = atomic_load(&received) < times_max ? atomic_load(&received) : times_max;
    qsort(times, (size_t)arrived, sizeof *times, by_size);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    printf(
        "{\"sent\":%ld,\"arrived\":%ld,\"perSecond\":%ld,\"p50\":%ld,\"p90\":%ld,\"p99\":%ld,\"max\":%ld,"
        "\"cpuMilliseconds\":%ld}\n",
        atomic_load(&sent), arrived, (long)(arrived / seconds), quantile(arrived, 0.5),
        quantile(arrived, 0.9), quantile(arrived, 0.99), quantile(arrived, 1), (long)(cpu * 1000));
    return arrived == atomic_load(&sent) ? 0 : 1;
}
