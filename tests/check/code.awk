# code.awk - C sources with comments and texts blanked, as "file<TAB>line<TAB>code".
# SPDX-License-Identifier: Apache-2.0
FNR == 1 {
    in_comment = 0
}
{
    rest = $0
    out = ""
    if ($0 ~ /^[ \t]*#[ \t]*include/) { # the name of a header is no text
        print FILENAME "\t" FNR "\t" $0
        next
    }
    while (rest != "") {
        if (in_comment) {
            end = index(rest, "*/")
            if (end == 0)
                break
            rest = substr(rest, end + 2)
            in_comment = 0
            continue
        }
        if (!match(rest, /"|'|\/\*|\/\//)) {
            out = out rest
            break
        }
        out = out substr(rest, 1, RSTART - 1)
        mark = substr(rest, RSTART, RLENGTH)
        rest = substr(rest, RSTART + RLENGTH)
        if (mark == "//")
            break
        if (mark == "/*") {
            in_comment = 1
            out = out " "
            continue
        }
        out = out mark mark
        while (rest != "") {
            c = substr(rest, 1, 1)
            rest = substr(rest, c == "\\" ? 3 : 2)
            if (c == mark)
                break
        }
    }
    print FILENAME "\t" FNR "\t" out
}
