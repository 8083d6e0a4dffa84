// epoll, which Swift's Glibc module leaves out. No feature macros here: types shared with Glibc must look the same.
#pragma once

#include <sys/epoll.h>
