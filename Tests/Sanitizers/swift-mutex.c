// Swift's `Mutex`, for Thread Sanitizer. Its fast path is compiled into whoever uses it, and the sanitizer sees the
// atomic exchange. A thread that has to wait goes through two functions of `libswiftSynchronization.so`, which comes
// without instrumentation: that such a thread comes after the one that let it in, the sanitizer cannot see, and calls
// what both did a race. These two stand before those, and tell it. Nothing is suppressed: without the lock, or with
// another one, the same accesses are reported (`scripts/sanitize` checks that, with `canary.swift`).
//
// `scripts/sanitize` compiles this, with Swift's clang for its calling convention, into a library that is loaded
// before all others. A Swift that renames the two makes `canary.swift` fail.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

// Synchronization._MutexHandle._lockSlow(UInt32) and ._unlockSlow()
#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *

void __tsan_acquire(void *);
void __tsan_release(void *);

SWIFT void lock_slow(uint32_t thread, SELF mutex) __asm__(LOCK_SLOW);
SWIFT void unlock_slow(SELF mutex) __asm__(UNLOCK_SLOW);

SWIFT void lock_slow(uint32_t thread, SELF mutex) {
    SWIFT void (*original)(uint32_t, SELF) = dlsym(RTLD_NEXT, LOCK_SLOW);
    original(thread, mutex);
    __tsan_acquire(mutex);
}

SWIFT void unlock_slow(SELF mutex) {
    SWIFT void (*original)(SELF) = dlsym(RTLD_NEXT, UNLOCK_SLOW);
    __tsan_release(mutex);
    original(mutex);
}
