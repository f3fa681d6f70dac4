/* root_classes.c - the table of class descriptions and how it is streamed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "output/root_classes.h"

#include <stdio.h>

enum row_kind {
    CLASS_ROW,
    BASE_ROW,
    BASIC,
    STRING,
    OBJECT,
    ANY,
    POINTER,
    POINTED,
    COUNTED_ROW
};

/* A class, or one of its members behind it. */
struct row {
    enum row_kind kind;
    enum root_class number; /* of a class */
    const char *name;
    uint32_t type; /* code of ROOT's */
    uint32_t size; /* in the memory of ROOT */
    const char *type_name;
    uint32_t version;  /* of the class, the base class or the class that counts */
    uint32_t checksum; /* of the class or base class */
    const char *counter, *counter_class;
};

/* clang-format off */
#define CLASS(class_, name, version, checksum) \
    {CLASS_ROW, class_, name, 0, 0, "", version, checksum, "", ""},
#define BASE(name, type, version, checksum) \
    {BASE_ROW, 0, name, type, 0, "BASE", version, checksum, "", ""},
#define MEMBER(kind, name, type, size, type_name) \
    {kind, 0, name, type, size, type_name, 0, 0, "", ""},
#define COUNTED(name, type, size, type_name, version, counter, counter_class) \
    {COUNTED_ROW, 0, name, type, size, type_name, version, 0, counter, counter_class},

static const struct row rows[] = {
    CLASS(ROOT_TNAMED, "TNamed", 1, 0xdfb74a3cu)
    BASE("TObject", 66, 1, 0x901bc02du)
    MEMBER(STRING, "fName", 65, 24, "TString")
    MEMBER(STRING, "fTitle", 65, 24, "TString")
    CLASS(ROOT_TOBJECT, "TObject", 1, 0x901bc02du)
    MEMBER(BASIC, "fUniqueID", 13, 4, "unsigned int")
    MEMBER(BASIC, "fBits", 15, 4, "unsigned int")
    CLASS(ROOT_TATTLINE, "TAttLine", 2, 0x94074549u)
    MEMBER(BASIC, "fLineColor", 2, 2, "short")
    MEMBER(BASIC, "fLineStyle", 2, 2, "short")
    MEMBER(BASIC, "fLineWidth", 2, 2, "short")
    CLASS(ROOT_TATTFILL, "TAttFill", 2, 0xffd92a92u)
    MEMBER(BASIC, "fFillColor", 2, 2, "short")
    MEMBER(BASIC, "fFillStyle", 2, 2, "short")
    CLASS(ROOT_TATTMARKER, "TAttMarker", 2, 0x291d8becu)
    MEMBER(BASIC, "fMarkerColor", 2, 2, "short")
    MEMBER(BASIC, "fMarkerStyle", 2, 2, "short")
    MEMBER(BASIC, "fMarkerSize", 5, 4, "float")
    CLASS(ROOT_TSTRING, "TString", 2, 0x00017419u)
    CLASS(ROOT_TOBJSTRING, "TObjString", 1, 0x9c8e4800u)
    BASE("TObject", 66, 1, 0x901bc02du)
    MEMBER(STRING, "fString", 65, 24, "TString")
    CLASS(ROOT_TATTAXIS, "TAttAxis", 4, 0x5c6fff3eu)
    MEMBER(BASIC, "fNdivisions", 3, 4, "int")
    MEMBER(BASIC, "fAxisColor", 2, 2, "short")
    MEMBER(BASIC, "fLabelColor", 2, 2, "short")
    MEMBER(BASIC, "fLabelFont", 2, 2, "short")
    MEMBER(BASIC, "fLabelOffset", 5, 4, "float")
    MEMBER(BASIC, "fLabelSize", 5, 4, "float")
    MEMBER(BASIC, "fTickLength", 5, 4, "float")
    MEMBER(BASIC, "fTitleOffset", 5, 4, "float")
    MEMBER(BASIC, "fTitleSize", 5, 4, "float")
    MEMBER(BASIC, "fTitleColor", 2, 2, "short")
    MEMBER(BASIC, "fTitleFont", 2, 2, "short")
    CLASS(ROOT_TAXIS, "TAxis", 10, 0x5a496e70u)
    BASE("TNamed", 67, 1, 0xdfb74a3cu)
    BASE("TAttAxis", 0, 4, 0x5c6fff3eu)
    MEMBER(BASIC, "fNbins", 3, 4, "int")
    MEMBER(BASIC, "fXmin", 8, 8, "double")
    MEMBER(BASIC, "fXmax", 8, 8, "double")
    MEMBER(ANY, "fXbins", 62, 24, "TArrayD")
    MEMBER(BASIC, "fFirst", 3, 4, "int")
    MEMBER(BASIC, "fLast", 3, 4, "int")
    MEMBER(BASIC, "fBits2", 12, 2, "unsigned short")
    MEMBER(BASIC, "fTimeDisplay", 18, 1, "bool")
    MEMBER(STRING, "fTimeFormat", 65, 24, "TString")
    MEMBER(POINTER, "fLabels", 64, 8, "THashList*")
    MEMBER(POINTER, "fModLabs", 64, 8, "TList*")
    CLASS(ROOT_TH1, "TH1", 8, 0x1c3740c4u)
    BASE("TNamed", 67, 1, 0xdfb74a3cu)
    BASE("TAttLine", 0, 2, 0x94074549u)
    BASE("TAttFill", 0, 2, 0xffd92a92u)
    BASE("TAttMarker", 0, 2, 0x291d8becu)
    MEMBER(BASIC, "fNcells", 3, 4, "int")
    MEMBER(OBJECT, "fXaxis", 61, 216, "TAxis")
    MEMBER(OBJECT, "fYaxis", 61, 216, "TAxis")
    MEMBER(OBJECT, "fZaxis", 61, 216, "TAxis")
    MEMBER(BASIC, "fBarOffset", 2, 2, "short")
    MEMBER(BASIC, "fBarWidth", 2, 2, "short")
    MEMBER(BASIC, "fEntries", 8, 8, "double")
    MEMBER(BASIC, "fTsumw", 8, 8, "double")
    MEMBER(BASIC, "fTsumw2", 8, 8, "double")
    MEMBER(BASIC, "fTsumwx", 8, 8, "double")
    MEMBER(BASIC, "fTsumwx2", 8, 8, "double")
    MEMBER(BASIC, "fMaximum", 8, 8, "double")
    MEMBER(BASIC, "fMinimum", 8, 8, "double")
    MEMBER(BASIC, "fNormFactor", 8, 8, "double")
    MEMBER(ANY, "fContour", 62, 24, "TArrayD")
    MEMBER(ANY, "fSumw2", 62, 24, "TArrayD")
    MEMBER(STRING, "fOption", 65, 24, "TString")
    MEMBER(POINTED, "fFunctions", 63, 8, "TList*")
    MEMBER(BASIC, "fBufferSize", 6, 4, "int")
    COUNTED("fBuffer", 48, 8, "double*", 8, "fBufferSize", "TH1")
    MEMBER(BASIC, "fBinStatErrOpt", 3, 4, "TH1::EBinErrorOpt")
    MEMBER(BASIC, "fStatOverflows", 3, 4, "TH1::EStatOverflows")
    CLASS(ROOT_TH1D, "TH1D", 3, 0xf9b1569fu)
    BASE("TH1", 0, 8, 0x1c3740c4u)
    BASE("TArrayD", 0, 1, 0x7139ef34u)
    CLASS(ROOT_TH2, "TH2", 5, 0x0182347fu)
    BASE("TH1", 0, 8, 0x1c3740c4u)
    MEMBER(BASIC, "fScalefactor", 8, 8, "double")
    MEMBER(BASIC, "fTsumwy", 8, 8, "double")
    MEMBER(BASIC, "fTsumwy2", 8, 8, "double")
    MEMBER(BASIC, "fTsumwxy", 8, 8, "double")
    CLASS(ROOT_TH2D, "TH2D", 4, 0x7fba82f0u)
    BASE("TH2", 0, 5, 0x0182347fu)
    BASE("TArrayD", 0, 1, 0x7139ef34u)
    CLASS(ROOT_TCOLLECTION, "TCollection", 3, 0x57e3cb9cu)
    BASE("TObject", 66, 1, 0x901bc02du)
    MEMBER(STRING, "fName", 65, 24, "TString")
    MEMBER(BASIC, "fSize", 3, 4, "int")
    CLASS(ROOT_TSEQCOLLECTION, "TSeqCollection", 0, 0xfc6c3bc6u)
    BASE("TCollection", 0, 3, 0x57e3cb9cu)
    CLASS(ROOT_TLIST, "TList", 5, 0x69c5c3bbu)
    BASE("TSeqCollection", 0, 0, 0xfc6c3bc6u)
    CLASS(ROOT_THASHLIST, "THashList", 0, 0xcc7e49c1u)
    BASE("TList", 0, 5, 0x69c5c3bbu)
    CLASS(ROOT_TOBJARRAY, "TObjArray", 3, 0xa99e6552u)
    BASE("TSeqCollection", 0, 0, 0xfc6c3bc6u)
    MEMBER(BASIC, "fLowerBound", 3, 4, "int")
    MEMBER(BASIC, "fLast", 3, 4, "int")
    CLASS(ROOT_TTREE, "TTree", 20, 0x7264e07fu)
    BASE("TNamed", 67, 1, 0xdfb74a3cu)
    BASE("TAttLine", 0, 2, 0x94074549u)
    BASE("TAttFill", 0, 2, 0xffd92a92u)
    BASE("TAttMarker", 0, 2, 0x291d8becu)
    MEMBER(BASIC, "fEntries", 16, 8, "Long64_t")
    MEMBER(BASIC, "fTotBytes", 16, 8, "Long64_t")
    MEMBER(BASIC, "fZipBytes", 16, 8, "Long64_t")
    MEMBER(BASIC, "fSavedBytes", 16, 8, "Long64_t")
    MEMBER(BASIC, "fFlushedBytes", 16, 8, "Long64_t")
    MEMBER(BASIC, "fWeight", 8, 8, "double")
    MEMBER(BASIC, "fTimerInterval", 3, 4, "int")
    MEMBER(BASIC, "fScanField", 3, 4, "int")
    MEMBER(BASIC, "fUpdate", 3, 4, "int")
    MEMBER(BASIC, "fDefaultEntryOffsetLen", 3, 4, "int")
    MEMBER(BASIC, "fNClusterRange", 6, 4, "int")
    MEMBER(BASIC, "fMaxEntries", 16, 8, "Long64_t")
    MEMBER(BASIC, "fMaxEntryLoop", 16, 8, "Long64_t")
    MEMBER(BASIC, "fMaxVirtualSize", 16, 8, "Long64_t")
    MEMBER(BASIC, "fAutoSave", 16, 8, "Long64_t")
    MEMBER(BASIC, "fAutoFlush", 16, 8, "Long64_t")
    MEMBER(BASIC, "fEstimate", 16, 8, "Long64_t")
    COUNTED("fClusterRangeEnd", 56, 8, "Long64_t*", 20, "fNClusterRange", "TTree")
    COUNTED("fClusterSize", 56, 8, "Long64_t*", 20, "fNClusterRange", "TTree")
    MEMBER(ANY, "fIOFeatures", 62, 1, "ROOT::TIOFeatures")
    MEMBER(OBJECT, "fBranches", 61, 64, "TObjArray")
    MEMBER(OBJECT, "fLeaves", 61, 64, "TObjArray")
    MEMBER(POINTER, "fAliases", 64, 8, "TList*")
    MEMBER(ANY, "fIndexValues", 62, 24, "TArrayD")
    MEMBER(ANY, "fIndex", 62, 24, "TArrayI")
    MEMBER(POINTER, "fTreeIndex", 64, 8, "TVirtualIndex*")
    MEMBER(POINTER, "fFriends", 64, 8, "TList*")
    MEMBER(POINTER, "fUserInfo", 64, 8, "TList*")
    MEMBER(POINTER, "fBranchRef", 64, 8, "TBranchRef*")
    CLASS(ROOT_TIOFEATURES, "ROOT::TIOFeatures", 1, 0x1aa12f10u)
    MEMBER(BASIC, "fIOBits", 11, 1, "unsigned char")
    CLASS(ROOT_TBRANCH, "TBranch", 13, 0x10978aacu)
    BASE("TNamed", 67, 1, 0xdfb74a3cu)
    BASE("TAttFill", 0, 2, 0xffd92a92u)
    MEMBER(BASIC, "fCompress", 3, 4, "int")
    MEMBER(BASIC, "fBasketSize", 3, 4, "int")
    MEMBER(BASIC, "fEntryOffsetLen", 3, 4, "int")
    MEMBER(BASIC, "fWriteBasket", 3, 4, "int")
    MEMBER(BASIC, "fEntryNumber", 16, 8, "Long64_t")
    MEMBER(ANY, "fIOFeatures", 62, 1, "ROOT::TIOFeatures")
    MEMBER(BASIC, "fOffset", 3, 4, "int")
    MEMBER(BASIC, "fMaxBaskets", 6, 4, "int")
    MEMBER(BASIC, "fSplitLevel", 3, 4, "int")
    MEMBER(BASIC, "fEntries", 16, 8, "Long64_t")
    MEMBER(BASIC, "fFirstEntry", 16, 8, "Long64_t")
    MEMBER(BASIC, "fTotBytes", 16, 8, "Long64_t")
    MEMBER(BASIC, "fZipBytes", 16, 8, "Long64_t")
    MEMBER(OBJECT, "fBranches", 61, 64, "TObjArray")
    MEMBER(OBJECT, "fLeaves", 61, 64, "TObjArray")
    MEMBER(OBJECT, "fBaskets", 61, 64, "TObjArray")
    COUNTED("fBasketBytes", 43, 8, "int*", 13, "fMaxBaskets", "TBranch")
    COUNTED("fBasketEntry", 56, 8, "Long64_t*", 13, "fMaxBaskets", "TBranch")
    COUNTED("fBasketSeek", 56, 8, "Long64_t*", 13, "fMaxBaskets", "TBranch")
    MEMBER(STRING, "fFileName", 65, 24, "TString")
    CLASS(ROOT_TLEAF, "TLeaf", 2, 0x6d1e8152u)
    BASE("TNamed", 67, 1, 0xdfb74a3cu)
    MEMBER(BASIC, "fLen", 3, 4, "int")
    MEMBER(BASIC, "fLenType", 3, 4, "int")
    MEMBER(BASIC, "fOffset", 3, 4, "int")
    MEMBER(BASIC, "fIsRange", 18, 1, "bool")
    MEMBER(BASIC, "fIsUnsigned", 18, 1, "bool")
    MEMBER(POINTER, "fLeafCount", 64, 8, "TLeaf*")
    CLASS(ROOT_TLEAFB, "TLeafB", 1, 0x0f1e4b5eu)
    BASE("TLeaf", 0, 2, 0x6d1e8152u)
    MEMBER(BASIC, "fMinimum", 1, 1, "char")
    MEMBER(BASIC, "fMaximum", 1, 1, "char")
    CLASS(ROOT_TLEAFS, "TLeafS", 1, 0x150ceecfu)
    BASE("TLeaf", 0, 2, 0x6d1e8152u)
    MEMBER(BASIC, "fMinimum", 2, 2, "short")
    MEMBER(BASIC, "fMaximum", 2, 2, "short")
    CLASS(ROOT_TLEAFI, "TLeafI", 1, 0x7e6aae19u)
    BASE("TLeaf", 0, 2, 0x6d1e8152u)
    MEMBER(BASIC, "fMinimum", 3, 4, "int")
    MEMBER(BASIC, "fMaximum", 3, 4, "int")
    CLASS(ROOT_TLEAFL, "TLeafL", 1, 0xde320862u)
    BASE("TLeaf", 0, 2, 0x6d1e8152u)
    MEMBER(BASIC, "fMinimum", 16, 8, "Long64_t")
    MEMBER(BASIC, "fMaximum", 16, 8, "Long64_t")
    CLASS(ROOT_TLEAFF, "TLeafF", 1, 0x3add9d72u)
    BASE("TLeaf", 0, 2, 0x6d1e8152u)
    MEMBER(BASIC, "fMinimum", 5, 4, "float")
    MEMBER(BASIC, "fMaximum", 5, 4, "float")
    CLASS(ROOT_TLEAFD, "TLeafD", 1, 0x118e8776u)
    BASE("TLeaf", 0, 2, 0x6d1e8152u)
    MEMBER(BASIC, "fMinimum", 8, 8, "double")
    MEMBER(BASIC, "fMaximum", 8, 8, "double")
    CLASS(ROOT_TLEAFO, "TLeafO", 1, 0x02ae48d3u)
    BASE("TLeaf", 0, 2, 0x6d1e8152u)
    MEMBER(BASIC, "fMinimum", 18, 1, "bool")
    MEMBER(BASIC, "fMaximum", 18, 1, "bool")
    CLASS(ROOT_RNTUPLE, "ROOT::RNTuple", 2, 0x28e632ecu)
    MEMBER(BASIC, "fVersionEpoch", 12, 2, "unsigned short")
    MEMBER(BASIC, "fVersionMajor", 12, 2, "unsigned short")
    MEMBER(BASIC, "fVersionMinor", 12, 2, "unsigned short")
    MEMBER(BASIC, "fVersionPatch", 12, 2, "unsigned short")
    MEMBER(BASIC, "fSeekHeader", 14, 8, "unsigned long")
    MEMBER(BASIC, "fNBytesHeader", 14, 8, "unsigned long")
    MEMBER(BASIC, "fLenHeader", 14, 8, "unsigned long")
    MEMBER(BASIC, "fSeekFooter", 14, 8, "unsigned long")
    MEMBER(BASIC, "fNBytesFooter", 14, 8, "unsigned long")
    MEMBER(BASIC, "fLenFooter", 14, 8, "unsigned long")
    MEMBER(BASIC, "fMaxKeySize", 14, 8, "unsigned long")
};
/* clang-format on */

#define ROWS (sizeof rows / sizeof rows[0])

static const char *element_class(enum row_kind kind)
{
    switch (kind) {
    case BASE_ROW:
        return "TStreamerBase";
    case BASIC:
        return "TStreamerBasicType";
    case STRING:
        return "TStreamerString";
    case OBJECT:
        return "TStreamerObject";
    case ANY:
        return "TStreamerObjectAny";
    case POINTER:
    case POINTED:
        return "TStreamerObjectPointer";
    case COUNTED_ROW:
        return "TStreamerBasicPointer";
    case CLASS_ROW:
        break;
    }
    unreachable();
}

/* Titles matter to readers for these two kinds only: "->" says that the pointer is never
 * null, "[...]" names the count. */
static void element_title(const struct row *row, char out[64])
{
    out[0] = 0;
    if (row->kind == POINTED)
        (void)snprintf(out, 64, "->");
    else if (row->kind == COUNTED_ROW)
        (void)snprintf(out, 64, "[%s]", row->counter);
}

static void element_put(struct root_stream *stream, const struct row *row)
{
    char title[64];
    element_title(row, title);
    size_t object = root_object_open(stream, element_class(row->kind));
    size_t outer = root_open(stream, row->kind == BASE_ROW ? 3 : 2);
    size_t element = root_open(stream, 4);
    root_put_named(stream, row->name, title);
    root_put_u32(stream, row->type);
    root_put_u32(stream, row->size);
    root_put_u32(stream, 0); /* array length */
    root_put_u32(stream, 0); /* dimensions */
    root_put_u32(stream, 0);
    root_put_u32(stream, row->checksum);
    for (int i = 0; i < 3; i++)
        root_put_u32(stream, 0);
    root_put_text(stream, row->type_name);
    root_close(stream, element);
    if (row->kind == BASE_ROW || row->kind == COUNTED_ROW)
        root_put_u32(stream, row->version);
    if (row->kind == COUNTED_ROW) {
        root_put_text(stream, row->counter);
        root_put_text(stream, row->counter_class);
    }
    root_close(stream, outer);
    root_close(stream, object);
}

/* One class and the `count` members behind its row. */
static void class_put(struct root_stream *stream, const struct row *row, uint32_t count)
{
    size_t object = root_object_open(stream, "TStreamerInfo");
    size_t info = root_open(stream, 9);
    root_put_named(stream, row->name, "");
    root_put_u32(stream, row->checksum);
    root_put_u32(stream, row->version);
    size_t elements = root_object_open(stream, "TObjArray");
    size_t array = root_array_open(stream, count);
    for (uint32_t i = 1; i <= count; i++)
        element_put(stream, row + i);
    root_close(stream, array);
    root_close(stream, elements);
    root_close(stream, info);
    root_close(stream, object);
    root_put_u8(stream, 0); /* option of the list */
}

void root_classes_put(struct root_stream *stream, uint64_t set)
{
    size_t list = root_list_open(stream, (uint32_t)__builtin_popcountll(set));
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].kind != CLASS_ROW || (set & ROOT_BIT(rows[i].number)) == 0)
            continue;
        uint32_t members = 0;
        while (i + members + 1 < ROWS && rows[i + members + 1].kind != CLASS_ROW)
            members++;
        class_put(stream, &rows[i], members);
    }
    root_close(stream, list);
}
