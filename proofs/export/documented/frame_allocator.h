/*
 * The frame allocator under the names of its document (FRM-1 to FRM-8): thin wrappers of frame_allocator.h.
 *
 * A header region is known by its physical area and by the address at which it is mapped. An enumerator is handed the
 * number of a region, from 0 on: it writes the region and gives true, or gives false behind the last; it is read again
 * whenever needed.
 */

#ifndef FRAME_ALLOCATOR_DOCUMENTED_H
#define FRAME_ALLOCATOR_DOCUMENTED_H

#include "frame_allocator.h"

typedef frame_allocator_status error_t;
typedef struct frame_allocator_area memory_area_t;
typedef bool (*get_next_reserved_region_t)(void *user, uint64_t number, memory_area_t *regionOUT);

typedef struct {
    memory_area_t area;
    void *mapped;
} memory_region_t;

#define ERR_NONE FRAME_ALLOCATOR_OK
#define ERR_OUT_OF_MEMORY FRAME_ALLOCATOR_OUT_OF_MEMORY
#define ERR_NOT_VALID FRAME_ALLOCATOR_NOT_VALID
#define ERR_PHYSICAL_MEMORY_FULL FRAME_ALLOCATOR_PHYSICAL_MEMORY_FULL

struct pmallocator_regions {
    get_next_reserved_region_t enumerator;
    void *user;
};

static inline struct frame_allocator_optional_area pmallocator_region(void *context, uint64_t number)
{
    struct pmallocator_regions *regions = (struct pmallocator_regions *)context;
    struct frame_allocator_optional_area found;
    found.value.base = 0;
    found.value.size = 0;
    found.present = regions->enumerator != NULL && regions->enumerator(regions->user, number, &found.value);
    return found;
}

/* A place for all metadata of area; ERR_OUT_OF_MEMORY if there is none. */
static inline error_t pmallocator_get_header(
        memory_area_t area, get_next_reserved_region_t enumerator, void *user, memory_area_t *headerOUT)
{
    struct pmallocator_regions own = {enumerator, user};
    struct frame_allocator_regions regions = {pmallocator_region, &own};
    return frame_allocator_get_header(area, regions, headerOUT);
}

/* All frames of area but the header's and reserved ones become free. */
static inline error_t pmallocator_init_region(
        memory_area_t area, memory_region_t header_region, get_next_reserved_region_t enumerator, void *user)
{
    struct pmallocator_regions own = {enumerator, user};
    struct frame_allocator_regions regions = {pmallocator_region, &own};
    struct frame_allocator_optional_word at;
    struct frame_allocator *made = NULL;
    at.present = true;
    at.value = (uint64_t)(uintptr_t)header_region.mapped;
    return frame_allocator_init_region(area, header_region.area, regions, at, &made);
}

/* 1 << frame_order frames, aligned to their size. */
static inline error_t pmallocator_allocate(uint8_t frame_order, memory_region_t header_region, memory_area_t *areaOUT)
{
    return frame_allocator_allocate((struct frame_allocator *)header_region.mapped, frame_order, areaOUT);
}

/* The area becomes free; ERR_NOT_VALID if it is not exactly one live allocation. */
static inline error_t pmallocator_free(memory_area_t area, memory_region_t header_region)
{
    return frame_allocator_free((struct frame_allocator *)header_region.mapped, area.base, area.size);
}

#endif /* FRAME_ALLOCATOR_DOCUMENTED_H */
