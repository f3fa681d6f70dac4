/* root_classes.h - ROOT's description of the classes that our files hold.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Readers decode objects by this list (TStreamerInfo). Names, versions and checksums are
 * those of files that ROOT wrote. A new class is one name here, its rows in
 * root_classes.c and its place in a set below.
 */
#ifndef SPILLWAY_OUTPUT_ROOT_CLASSES_H
#define SPILLWAY_OUTPUT_ROOT_CLASSES_H

#include "output/root_stream.h"

/* In the order of the list in a file. */
enum root_class {
    ROOT_TNAMED,
    ROOT_TOBJECT,
    ROOT_TATTLINE,
    ROOT_TATTFILL,
    ROOT_TATTMARKER,
    ROOT_TSTRING,
    ROOT_TOBJSTRING,
    ROOT_TATTAXIS,
    ROOT_TAXIS,
    ROOT_TH1,
    ROOT_TH1D,
    ROOT_TH2,
    ROOT_TH2D,
    ROOT_TCOLLECTION,
    ROOT_TSEQCOLLECTION,
    ROOT_TLIST,
    ROOT_THASHLIST,
    ROOT_TOBJARRAY,
    ROOT_TTREE,
    ROOT_TIOFEATURES,
    ROOT_TBRANCH,
    ROOT_TLEAF,
    ROOT_TLEAFB,
    ROOT_TLEAFS,
    ROOT_TLEAFI,
    ROOT_TLEAFL,
    ROOT_TLEAFF,
    ROOT_TLEAFD,
    ROOT_TLEAFO,
    ROOT_RNTUPLE
};

/* What a file with such objects needs, as bits: or them together. */
#define ROOT_BIT(class_) (UINT64_C(1) << (class_))
#define ROOT_SET_STRING                                                                  \
    (ROOT_BIT(ROOT_TOBJECT) | ROOT_BIT(ROOT_TSTRING) | ROOT_BIT(ROOT_TOBJSTRING))
#define ROOT_SET_DRAWN                                                                   \
    (ROOT_BIT(ROOT_TNAMED) | ROOT_BIT(ROOT_TOBJECT) | ROOT_BIT(ROOT_TATTLINE) |          \
     ROOT_BIT(ROOT_TATTFILL) | ROOT_BIT(ROOT_TATTMARKER) | ROOT_BIT(ROOT_TSTRING) |      \
     ROOT_BIT(ROOT_TCOLLECTION) | ROOT_BIT(ROOT_TSEQCOLLECTION) | ROOT_BIT(ROOT_TLIST))
#define ROOT_SET_TH1                                                                     \
    (ROOT_SET_DRAWN | ROOT_BIT(ROOT_TATTAXIS) | ROOT_BIT(ROOT_TAXIS) |                   \
     ROOT_BIT(ROOT_TH1) | ROOT_BIT(ROOT_TH1D) | ROOT_BIT(ROOT_THASHLIST))
#define ROOT_SET_TH2 (ROOT_SET_TH1 | ROOT_BIT(ROOT_TH2) | ROOT_BIT(ROOT_TH2D))
#define ROOT_SET_TTREE                                                                   \
    (ROOT_SET_DRAWN | ROOT_BIT(ROOT_TOBJARRAY) | ROOT_BIT(ROOT_TTREE) |                  \
     ROOT_BIT(ROOT_TIOFEATURES) | ROOT_BIT(ROOT_TBRANCH) | ROOT_BIT(ROOT_TLEAF) |        \
     ROOT_BIT(ROOT_TLEAFB) | ROOT_BIT(ROOT_TLEAFS) | ROOT_BIT(ROOT_TLEAFI) |             \
     ROOT_BIT(ROOT_TLEAFL) | ROOT_BIT(ROOT_TLEAFF) | ROOT_BIT(ROOT_TLEAFD) |             \
     ROOT_BIT(ROOT_TLEAFO))
#define ROOT_SET_NTUPLE ROOT_BIT(ROOT_RNTUPLE)

/* Puts the list of the classes in `set`: the payload of the key "StreamerInfo". */
void root_classes_put(struct root_stream *stream, uint64_t set);

#endif
