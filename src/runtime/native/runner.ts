// The part of the device that is itself C: it walks lists of commands, calls the kernels, and shares the
// pieces of large steps with a pool of threads.

/** Calls a kernel: function, buffers, scalars, ints, pieces, pieces taken at a time, number of the call. */
export const CALL = 1;
/** Runs the next [4] bytes of commands [1] times; after each turn the [3] moves at [2] are made. */
export const LOOP = 2;
/** A command is eight words of 64 bits. */
export const COMMAND_BYTES = 64;
/** A move is two words: the address of a pointer, and the bytes added to it. */
export const MOVE_BYTES = 16;

/**
 * How work is shared: the leading thread writes down the step and then its ticket: a count of steps and
 * the number of pieces left. Whoever exchanges the ticket for one with fewer pieces has taken those. The
 * count makes an exchange fail for who still has an earlier step in mind. A helper counts itself active
 * before it looks at the ticket, so the step is over when no pieces are left and nobody is active;
 * threads that sleep, or are late, are not waited for.
 *
 * How runs follow each other: JavaScript's thread submits lists of commands, which get numbers. Who holds
 * `one` leads: it runs those that nobody has claimed, in order, each once. A worker that finds some that are
 * offered does so while JavaScript goes on; who needs their end leads itself, or helps the worker that does.
 * What somebody waits for is not offered: a thread that waits is about to lead it, and wakes the workers for
 * its steps. Were both woken at once, while JavaScript's thread is still awake, systems of few processors
 * would put them on the same one, and leave them there for milliseconds. Threads that are no workers are
 * thread 0 of the pool, one at a time: the one that holds `zero`.
 *
 * Where threads run: with no processor to spare, systems may put a thread that wakes up on the processor of the
 * thread that wakes it, and leave it waiting there while another one goes idle. So only others are offered to
 * it; where it runs later is the system's business again.
 */
export const RUNNER_SOURCE = `
#define _GNU_SOURCE
#ifdef __linux__
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/mman.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

typedef void kernel(void *, void *, void *, int, int, void *);

typedef struct { int64_t kind, a, b, c, d, e, f, g; } command;
typedef struct { int64_t slot, by; } move;
typedef struct { const char *from, *to; } job;

/* Lists of commands that may wait. */
#define JOBS 64

/* A worker: what the system calls it, and whether it sleeps. */
typedef struct { int id, asleep; } sleeper;

typedef struct {
  _Alignas(64) _Atomic uint64_t ticket;
  _Alignas(64) _Atomic int active;
  _Alignas(64) _Atomic int sleepers;
  _Alignas(64) kernel *run;
  void *buffers, *scalars, *ints;
  int pieces, share;
  uint32_t count;
  int threads;
  sleeper *workers;
#ifdef __linux__
  cpu_set_t processors;
  int crowded; /* whether there is a thread for every processor */
#endif
  char *scratch;
  int64_t stride;
  _Alignas(64) pthread_mutex_t lock, one, zero;
  pthread_cond_t wake;
  _Alignas(64) _Atomic int64_t submitted, offered, claimed, done;
  job jobs[JOBS];
} pool;

/* Looks at the ticket before a thread goes to sleep: some tens of microseconds. */
#define SPINS 4000

static inline void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static void take_part(pool *p, int thread) {
  uint64_t ticket = atomic_load(&p->ticket);
  while ((uint32_t)ticket != 0) {
    uint32_t left = (uint32_t)ticket;
    uint32_t taken = (uint32_t)p->share < left ? (uint32_t)p->share : left;
    if (!atomic_compare_exchange_weak(&p->ticket, &ticket, ticket - taken)) continue;
    int begin = p->pieces - (int)left;
    p->run(p->buffers, p->scalars, p->ints, begin, begin + (int)taken, p->scratch + thread * p->stride);
    ticket = atomic_load(&p->ticket);
  }
}

/* Whether a step has pieces left. */
static inline int has_pieces(pool *p) { return (uint32_t)atomic_load(&p->ticket) != 0; }

/* Whether there are commands that no thread has begun to run. */
static inline int has_jobs(pool *p) { return atomic_load(&p->submitted) > atomic_load(&p->claimed); }

/* Whether there are some that workers are to begin with. */
static inline int has_offers(pool *p) { return atomic_load(&p->offered) > atomic_load(&p->claimed); }

static void help(pool *p, int thread) {
  atomic_fetch_add(&p->active, 1);
  take_part(p, thread);
  atomic_fetch_sub(&p->active, 1);
}

/* Has workers wake up on other processors than this one. */
static void keep_apart(pool *p) {
#ifdef __linux__
  int cpu = sched_getcpu();
  if (!p->crowded || cpu < 0 || cpu >= CPU_SETSIZE) return;
  cpu_set_t others = p->processors;
  CPU_CLR(cpu, &others);
  if (CPU_COUNT(&others) == 0) return;
  for (int i = 1; i < p->threads; i++)
    if (p->workers[i].asleep) sched_setaffinity(p->workers[i].id, sizeof others, &others);
#endif
}

static void wake_sleepers(pool *p) {
  if (atomic_load(&p->sleepers) == 0) return;
  pthread_mutex_lock(&p->lock);
  keep_apart(p);
  pthread_cond_broadcast(&p->wake);
  pthread_mutex_unlock(&p->lock);
}

/* Afterwards the worker may run on any processor again. */
static void sleep_until_work(pool *p, int thread) {
  pthread_mutex_lock(&p->lock);
  atomic_fetch_add(&p->sleepers, 1);
  p->workers[thread].asleep = 1;
  while (!has_pieces(p) && !has_offers(p)) pthread_cond_wait(&p->wake, &p->lock);
  p->workers[thread].asleep = 0;
  atomic_fetch_sub(&p->sleepers, 1);
  pthread_mutex_unlock(&p->lock);
#ifdef __linux__
  if (p->crowded) sched_setaffinity(0, sizeof p->processors, &p->processors);
#endif
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void call(pool *p, const command *c, int thread) {
  kernel *run = (kernel *)c->a;
  if (c->f == 0) {
    run((void *)c->b, (void *)c->c, (void *)c->d, 0, (int)c->e, p->scratch + thread * p->stride);
    return;
  }
  p->run = run;
  p->buffers = (void *)c->b;
  p->scalars = (void *)c->c;
  p->ints = (void *)c->d;
  p->pieces = (int)c->e;
  p->share = (int)c->f;
  p->count++;
  atomic_store(&p->ticket, (uint64_t)p->count << 32 | (uint32_t)c->e);
  wake_sleepers(p);
  take_part(p, thread);
  while (atomic_load(&p->active) > 0) pause_briefly();
}

static void walk(pool *p, const char *from, const char *to, int thread, double *seconds) {
  while (from < to) {
    const command *c = (const command *)from;
    from += sizeof(command);
    if (c->kind == ${CALL}) {
      double begin = seconds ? now() : 0;
      call(p, c, thread);
      if (seconds) seconds[c->g] += now() - begin;
      continue;
    }
    const move *moves = (const move *)c->b;
    for (int64_t turn = 0; turn < c->a; turn++) {
      walk(p, from, from + c->d, thread, seconds);
      for (int64_t i = 0; i < c->c; i++) *(char **)moves[i].slot += moves[i].by;
    }
    for (int64_t i = 0; i < c->c; i++) *(char **)moves[i].slot -= moves[i].by * c->a;
    from += c->d;
  }
}

/* Runs the commands that nobody has claimed, for the thread that leads. */
static void lead(pool *p, int thread) {
  while (has_jobs(p)) {
    int64_t id = atomic_load(&p->claimed) + 1;
    atomic_store(&p->claimed, id);
    const job *j = &p->jobs[id % JOBS];
    walk(p, j->from, j->to, thread, 0);
    atomic_store(&p->done, id);
  }
}

typedef struct { pool *p; int thread; } start;

static void *worker(void *given) {
  start own = *(start *)given;
  free(given);
  pool *p = own.p;
#ifdef __linux__
  p->workers[own.thread].id = (int)syscall(SYS_gettid);
#endif
  for (;;) {
    int spins = 0;
    while (!has_pieces(p)) {
      if (has_offers(p) && pthread_mutex_trylock(&p->one) == 0) {
        lead(p, own.thread);
        pthread_mutex_unlock(&p->one);
        spins = 0;
        continue;
      }
      if (++spins < SPINS) { pause_briefly(); continue; }
      sleep_until_work(p, own.thread);
      spins = 0;
    }
    help(p, own.thread);
  }
  return 0;
}

/* A pool with threads - 1 workers; null where there is no memory. */
void *nabla_create(int threads) {
  /* Workers still look for work while the process ends and its libraries are closed: this one stays. */
  Dl_info own;
  if (dladdr((void *)nabla_create, &own) != 0) dlopen(own.dli_fname, RTLD_NOW | RTLD_NODELETE);
  pool *p = 0;
  if (posix_memalign((void **)&p, 64, sizeof(pool)) != 0) return 0;
  memset(p, 0, sizeof(pool));
  pthread_mutex_init(&p->lock, 0);
  pthread_mutex_init(&p->one, 0);
  pthread_mutex_init(&p->zero, 0);
  pthread_cond_init(&p->wake, 0);
  p->threads = threads;
  p->workers = calloc((size_t)threads, sizeof(sleeper));
  if (!p->workers) { free(p); return 0; }
#ifdef __linux__
  p->crowded = sched_getaffinity(0, sizeof p->processors, &p->processors) == 0
    && CPU_COUNT(&p->processors) <= threads;
#endif
  for (int i = 1; i < threads; i++) {
    start *given = malloc(sizeof(start));
    pthread_t thread;
    if (!given) break;
    given->p = p;
    given->thread = i;
    if (pthread_create(&thread, 0, worker, given) != 0) { free(given); break; }
    pthread_detach(thread);
  }
  return p;
}

/* Makes room for this many bytes of scratch memory a thread; 0 where there is none. */
int nabla_reserve(void *given, int64_t bytes) {
  pool *p = given;
  if (bytes <= p->stride) return 1;
  /* Threads' memories do not lie at the same places of the caches. */
  int64_t stride = (bytes + 4095) / 4096 * 4096 + 4096 + 256;
  char *scratch = 0;
  if (posix_memalign((void **)&scratch, 4096, (size_t)(stride * p->threads)) != 0) return 0;
  pthread_mutex_lock(&p->one);
  free(p->scratch);
  p->scratch = scratch;
  p->stride = stride;
  pthread_mutex_unlock(&p->one);
  return 1;
}

/* Returns when what was submitted up to this number has been run: by this thread, or with its help. */
void nabla_finish(void *given, int64_t id) {
  pool *p = given;
  if (atomic_load(&p->done) >= id) return;
  pthread_mutex_lock(&p->zero);
  while (atomic_load(&p->done) < id) {
    if (has_jobs(p) && pthread_mutex_trylock(&p->one) == 0) {
      lead(p, 0);
      pthread_mutex_unlock(&p->one);
    } else if (has_pieces(p)) {
      help(p, 0);
    } else {
      pause_briefly();
    }
  }
  pthread_mutex_unlock(&p->zero);
}

/* Takes commands from one address to another that somebody will run, and returns their number. Workers are
   only woken for what is offered to them. */
int64_t nabla_submit(void *given, int64_t from, int64_t to, int offered) {
  pool *p = given;
  int64_t id = atomic_load(&p->submitted) + 1;
  nabla_finish(p, id - JOBS);
  p->jobs[id % JOBS] = (job){(const char *)from, (const char *)to};
  atomic_store(&p->submitted, id);
  if (offered) {
    atomic_store(&p->offered, id);
    wake_sleepers(p);
  }
  return id;
}

/* Runs the commands from one address to another; adds the seconds of each call where asked to. */
void nabla_run(void *given, int64_t from, int64_t to, double *seconds) {
  pool *p = given;
  nabla_finish(p, atomic_load(&p->submitted));
  pthread_mutex_lock(&p->zero);
  pthread_mutex_lock(&p->one);
  walk(p, (const char *)from, (const char *)to, 0, seconds);
  pthread_mutex_unlock(&p->one);
  pthread_mutex_unlock(&p->zero);
}

/* The address of a library's function as a number; 0 where it cannot be had. */
double nabla_open(const char *file, const char *symbol) {
  void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  return library ? (double)(uintptr_t)dlsym(library, symbol) : 0;
}

/* Why nabla_open gave 0. */
const char *nabla_error(void) {
  const char *text = dlerror();
  return text ? text : "the library lacks the kernel";
}

/* Memory that the garbage collector frees is used again, and not given back to the system, which would
   clear it before it is there the next time: that takes longer than most kernels. */
void nabla_keep(int64_t bytes) {
#ifdef __GLIBC__
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, (int)bytes);
#endif
}

/* Large memory is faster in large pages, where the system lends them. */
void nabla_advise(int64_t address, int64_t bytes) {
#ifdef MADV_HUGEPAGE
  int64_t page = 2 << 20, from = (address + page - 1) / page * page, to = (address + bytes) / page * page;
  if (to > from) madvise((void *)from, (size_t)(to - from), MADV_HUGEPAGE);
#endif
}
`;
