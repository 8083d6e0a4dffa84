// For LD_PRELOAD: a wall clock that a test sets for one process, while it runs. The file that WALLCLOCK_FILE names holds
// one 64-bit number: the nanoseconds to add. Waits until a wall-clock time end as they would if the machine's clock were
// set, so one that is set back makes them longer.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t nothing = 0;
static volatile int64_t *offset = &nothing;
static int (*real_clock_gettime)(clockid_t, struct timespec *);
static int (*real_pthread_timedwait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);

__attribute__((constructor)) static void begin(void) {
    real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    real_pthread_timedwait = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    const char *path = getenv("WALLCLOCK_FILE");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *place = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
    if (place != MAP_FAILED) offset = place;
    close(file);
}

static struct timespec from_ns(int64_t ns) { return (struct timespec){ns / 1000000000, ns % 1000000000}; }
static int64_t to_ns(const struct timespec *time) { return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec; }

static int64_t real_ns(void) {
    struct timespec now;
    if (!real_clock_gettime) real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    real_clock_gettime(CLOCK_REALTIME, &now);
    return to_ns(&now);
}

static int64_t wall_ns(void) { return real_ns() + *offset; }

int clock_gettime(clockid_t clock, struct timespec *now) {
    if (!real_clock_gettime) real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE) return real_clock_gettime(clock, now);
    *now = from_ns(wall_ns());
    return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    (void)zone;
    int64_t ns = wall_ns();
    now->tv_sec = ns / 1000000000;
    now->tv_usec = ns % 1000000000 / 1000;
    return 0;
}

time_t time(time_t *place) {
    time_t now = wall_ns() / 1000000000;
    if (place) *place = now;
    return now;
}

int timespec_get(struct timespec *now, int base) {
    *now = from_ns(wall_ns());
    return base;
}

// In slices, so that a clock that is set meanwhile counts. A wake-up may come early: allowed, and seldom.
int pthread_cond_timedwait(
    pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, const struct timespec *restrict until) {
    for (;;) {
        int64_t left = to_ns(until) - wall_ns();
        if (left <= 0) return ETIMEDOUT;
        struct timespec slice = from_ns(real_ns() + (left < 50000000 ? left : 50000000));
        int result = real_pthread_timedwait(condition, mutex, &slice);
        if (result != ETIMEDOUT) return result;
    }
}

int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict until) {
    int result = pthread_cond_timedwait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex, until);
    return result == 0 ? thrd_success : result == ETIMEDOUT ? thrd_timedout : thrd_error;
}
