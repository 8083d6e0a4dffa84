// librdkafka waits with C11's `cnd_timedwait`, whose deadlines are wall-clock times: where the clock is set back by an
// hour, each of its threads would sleep for that hour (https://github.com/confluentinc/librdkafka/issues/2145). A
// program's own definitions come before those of the C library, so these two take their place, and count by the
// monotonic clock. Of all that a service is linked with, librdkafka alone uses either.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <threads.h>
#include <time.h>

// A deadline later than this was made from the wall clock: nothing runs for thirty years.
static const time_t uptime_seconds_max = 1000000000;

// Weak: a sanitizer's support may bring its own.
__attribute__((weak)) int timespec_get(struct timespec *now, int base) {
    if (base != TIME_UTC || clock_gettime(CLOCK_MONOTONIC, now) != 0)
        return 0;
    return base;
}

__attribute__((weak)) int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict until) {
    struct timespec deadline = *until;
    if (until->tv_sec > uptime_seconds_max) {
        // Made from the wall clock a moment ago: what is left of it counts from here.
        struct timespec wall, now;
        clock_gettime(CLOCK_REALTIME, &wall);
        clock_gettime(CLOCK_MONOTONIC, &now);
        long nanoseconds = now.tv_nsec + until->tv_nsec - wall.tv_nsec;
        deadline.tv_sec = now.tv_sec + until->tv_sec - wall.tv_sec + nanoseconds / 1000000000;
        deadline.tv_nsec = nanoseconds % 1000000000;
        if (deadline.tv_nsec < 0) {
            deadline.tv_nsec += 1000000000;
            deadline.tv_sec -= 1;
        }
        if (deadline.tv_sec < 0) return thrd_timedout;
    }
    // In glibc these types are those of pthreads under other names.
    int result =
        pthread_cond_clockwait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex, CLOCK_MONOTONIC, &deadline);
    return result == 0 ? thrd_success : result == ETIMEDOUT ? thrd_timedout : thrd_error;
}
