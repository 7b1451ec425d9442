#ifndef BASE_SANITIZE_H
#define BASE_SANITIZE_H

/*
 * Whether this build is watched by AddressSanitizer, as gcc or clang say it.
 * It needs more address space than any limit of ours, system calls of its own
 * and a look at its own process; what stands in its way is left out by
 * "#if SANITIZED", and nothing else is.
 */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED	1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED	1
#endif
#endif
#if !defined(SANITIZED)
#define SANITIZED	0
#endif

#endif
