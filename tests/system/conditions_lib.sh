# conditions_lib.sh - a folder of conditions for the runs of make_raw_helper. SYNTHETIC.
# SPDX-License-Identifier: Apache-2.0
# Sourced after area_lib.sh.

# payload DIR TYPE NAME [HEADER LINE...]: the table's columns and rows on stdin.
payload() {
    mkdir -p "$1/payloads/$2"
    {
        printf 'spillway-table 1\ntype %s\nsource ours\nsynthetic yes\n' "$2"
        [ $# -gt 3 ] && printf '%s\n' "${@:4}"
        cat
        echo end
    } >"$1/payloads/$2/$3"
}

# base_payloads DIR: one payload NAME "a" of each type, for runs 9000 to 9002.
base_payloads() {
    local spill run
    payload "$1" bad_spills a <<<'columns run:count spill:count from_event:count'
    payload "$1" calo_gain a 'led_reference l1' <<END
columns detector:name x:count y:count gain_gev_per_count:real
ECAL0 0 0 0.01
END
    payload "$1" led_reference a 'id l1' <<END
columns detector:name x:count y:count amplitude_counts:real
ECAL0 0 0 800
END
    {
        echo columns run:count spill:count detector:name x:count y:count amplitude_counts:real
        for run in 9000 9001 9002; do
            for spill in 0 1 2 3; do
                echo "$run $spill ECAL0 0 0 $((800 + spill))"
            done
        done
    } | payload "$1" led_spill a
    payload "$1" pedestal a <<END
columns first_sample:count sample_count:count spread_limit_counts:count search_from_sample:count threshold_counts:count noise_counts:count tail_ns:real
0 4 50 4 20 2 30
END
    payload "$1" sampling a <<END
columns sample_count:count period_ns:real
32 12.5
END
    payload "$1" time_offset a <<END
columns detector:name x:count y:count reference:name mean_ns:real sigma_ns:real window_sigma:real
ECAL0 0 0 none 100 2 5
END
    mkdir -p "$1/payloads/channel_map"
    echo '<map><!-- spillway source=ours synthetic=yes --></map>' \
        >"$1/payloads/channel_map/a"
}

# tag DIR NAME ROW...: a frozen tag; a row is TYPE/PAYLOAD:FIRST or TYPE/PAYLOAD:FIRST-LAST
# (runs, both included).
tag() {
    local folder=$1 name=$2 row url runs comma=
    shift 2
    mkdir -p "$folder/tags"
    {
        echo "{\"name\": \"$name\", \"status\": \"frozen\", \"payloads\": ["
        for row in "$@"; do
            url=${row%%:*}
            runs=${row##*:}
            printf '%s{"payload_type_name": "%s", "payload_url": "%s", "checksum": "%s", "size": %s, "major_iov": %s, "minor_iov": 0' \
                "$comma" "${url%%/*}" "$url" \
                "$(sha256sum "$folder/payloads/$url" | cut -d' ' -f1)" \
                "$(stat -c %s "$folder/payloads/$url")" "${runs%%-*}"
            [ "$runs" = "${runs#*-}" ] ||
                printf ', "major_iov_end": %s, "minor_iov_end": 0' "$((${runs#*-} + 1))"
            echo "}"
            comma=,
        done
        echo "]}"
    } >"$folder/tags/$name.json"
}

# base_rows: the rows of a tag that holds every "a" for all runs.
base_rows() {
    local type
    for type in bad_spills calo_gain channel_map led_reference led_spill pedestal \
        sampling time_offset; do
        echo "$type/a:9000"
    done
}
