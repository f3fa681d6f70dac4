// dump.mjs - what jsroot reads in a ROOT file, as text: keys, columns, histograms.
// SPDX-License-Identifier: Apache-2.0
//
// node dump.mjs MODULES FILE     MODULES: folder with node_modules/jsroot
//
//   key PATH CLASS TITLE
//   columns PATH KIND ENTRIES
//   column NAME TYPE LENGTH VALUES SHA256   TYPE u8 .. i64 f32 f64 bool; LENGTH 0: vector
//   NAME ENTRY VALUE...                     only up to 64 entries
//   histogram PATH CLASS ..., then its axes, moments, cells
//
// Floating-point values are written as the hexadecimal digits of their bits, so that equal
// text is equal bits. The sha256 is over the values as little-endian bytes, with the
// number of values as u32 before each entry of a vector. Numbers of 64 bits reach jsroot
// as double, so they are exact below 2^53.
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, path] = process.argv.slice(2);
if (!path) {
    console.error('dump.mjs: call it with the folder of node_modules and a file');
    process.exit(2);
}
const out = [];
const say = (...words) => {
    out.push(words.join(' '));
    if (out.length > 4096) flush();
};
const flush = () => {
    if (out.length) writeSync(1, out.splice(0).join('\n') + '\n');
};
const refuse = error => {
    flush();
    process.stderr.write(`${path}: ${error.message}\n`);
    process.exit(1);
};
// Before jsroot's own, which prints a library.
process.on('unhandledRejection', refuse);
process.on('uncaughtException', refuse);
const load = name => import(pathToFileURL(
    resolve(modules, 'node_modules/jsroot/modules', name)).href);
const { openFile } = await load('io.mjs');
const { TSelector, treeProcess } = await load('tree.mjs');
const { readHeaderFooter, rntupleProcess } = await load('rntuple.mjs');

const SHOWN = 64;
const SIZES = { bool: 1, u8: 1, i8: 1, u16: 2, i16: 2, u32: 4, i32: 4, u64: 8, i64: 8,
                f32: 4, f64: 8 };
const PUT = {
    bool: (b, v) => b.writeUInt8(v ? 1 : 0), u8: (b, v) => b.writeUInt8(v),
    i8: (b, v) => b.writeInt8(v), u16: (b, v) => b.writeUInt16LE(v),
    i16: (b, v) => b.writeInt16LE(v), u32: (b, v) => b.writeUInt32LE(v),
    i32: (b, v) => b.writeInt32LE(v), u64: (b, v) => b.writeBigUInt64LE(BigInt(v)),
    i64: (b, v) => b.writeBigInt64LE(BigInt(v)), f32: (b, v) => b.writeFloatLE(v),
    f64: (b, v) => b.writeDoubleLE(v)
};

const hex = (type, bytes) => Buffer.from(bytes).reverse().toString('hex');
const text = (type, value, bytes) =>
    type === 'bool' ? (value ? 1 : 0) : type[0] === 'f' ? hex(type, bytes) : value;

// A column as it is collected: {name, type, length}, values in entry order.
class Column {
    constructor(name, type, length) {
        if (!SIZES[type]) throw new Error(`column ${name}: type ${type} is not known here`);
        Object.assign(this, { name, type, length, values: 0, held: 0, lines: [] });
        this.hash = createHash('sha256');
        this.block = Buffer.alloc(1 << 16);
    }
    bytes(size) {
        if (this.held + size > this.block.length) {
            this.hash.update(this.block.subarray(0, this.held));
            this.held = 0;
        }
        this.held += size;
        return this.block.subarray(this.held - size, this.held);
    }
    add(entry, value) {
        const list = value?.length === undefined ? [value] : Array.from(value).flat(Infinity), words = [];
        if (this.length && list.length !== this.length)
            throw new Error(`${this.name}: ${list.length} values in entry ${entry}`);
        if (!this.length) this.bytes(4).writeUInt32LE(list.length);
        for (const one of list) {
            const bytes = this.bytes(SIZES[this.type]);
            PUT[this.type](bytes, one);
            if (entry < SHOWN) words.push(text(this.type, one, bytes));
        }
        this.values += list.length;
        if (entry < SHOWN) this.lines.push([this.name, entry, ...words].join(' '));
    }
    say(entries) {
        this.hash.update(this.block.subarray(0, this.held));
        say('column', this.name, this.type, this.length, this.values, this.hash.digest('hex'));
        if (entries <= SHOWN) this.lines.forEach(line => say(line));
    }
}

// All columns of all entries; `process` is treeProcess or rntupleProcess.
async function columns(path, kind, source, entries, list, process, branches) {
    say('columns', path, kind, entries);
    const selector = new TSelector();
    let seen = 0, complete = entries === 0;
    list.forEach((column, i) => selector.addBranch(branches[i], `c${i}`));
    selector.Process = function (entry) {
        if (Number(entry) !== seen) throw new Error(`${path}: entry ${entry} after ${seen}`);
        list.forEach((column, i) => column.add(seen, this.tgtobj[`c${i}`]));
        seen++;
    };
    selector.Terminate = ok => { complete = ok; };
    if (entries > 0) await process(source, selector);
    if (!complete || seen !== entries)
        throw new Error(`${path}: ${seen} of ${entries} entries were read`);
    list.forEach(column => column.say(entries));
}

const FIELD_TYPES = { float: 'f32', double: 'f64', bool: 'bool' };
const field_type = name => FIELD_TYPES[name] ??
    name.replace(/^std::u?int(\d+)_t$/, (all, bits) => (all[5] === 'u' ? 'u' : 'i') + bits);

async function ntuple(path, object) {
    const builder = await readHeaderFooter(object);
    if (!builder) throw new Error(`${path}: header or footer cannot be read`);
    const entries = builder.clusterSummaries.reduce((n, one) => n + Number(one.numEntries), 0);
    const top = builder.fieldDescriptors.filter((field, i) => field.parentFieldId === i);
    say('description', path, builder.description || '-');
    const list = top.map(field => {
        let type = field.typeName, length = 1;
        for (let array; (array = /^std::array<(.*),(\d+)>$/.exec(type)); type = array[1])
            length *= Number(array[2]);
        const vector = /^std::vector<(.*)>$/.exec(type);
        return new Column(field.fieldName, field_type(vector?.[1] ?? type), vector ? 0 : length);
    });
    await columns(path, 'RNTuple', object, entries, list, rntupleProcess,
                  top.map(field => field.fieldName));
}

const LEAF_TYPES = { TLeafO: 'bool', TLeafB: '8', TLeafS: '16', TLeafI: '32', TLeafL: '64',
                     TLeafF: 'f32', TLeafD: 'f64' };

async function tree(path, object) {
    const branches = object.fBranches.arr;
    const list = branches.map(branch => {
        const leaf = branch.fLeaves.arr[0], kind = LEAF_TYPES[leaf._typename] ?? leaf._typename,
              type = /^\d/.test(kind) ? (leaf.fIsUnsigned ? 'u' : 'i') + kind : kind;
        say('leaf', branch.fName, leaf.fTitle, branch.fTitle);
        return new Column(branch.fName, type, leaf.fLeafCount ? 0 : leaf.fLen);
    });
    await columns(path, 'TTree', object, Number(object.fEntries), list, treeProcess, branches);
}

const bits = value => {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return bytes.toString('hex');
};

function histogram(path, object) {
    say('histogram', path, object._typename, bits(object.fEntries), object.fTitle);
    for (const axis of ['fXaxis', 'fYaxis', 'fZaxis'].slice(0, object._typename === 'TH1D' ? 1 : 2)) {
        const { fNbins, fXmin, fXmax, fXbins, fTitle, fLabels } = object[axis];
        say('axis', axis[1], fNbins, bits(fXmin), bits(fXmax), fXbins.length, fTitle);
        for (const label of fLabels?.arr ?? []) say('label', label.fUniqueID, label.fString);
    }
    const moments = ['fTsumw', 'fTsumw2', 'fTsumwx', 'fTsumwx2'];
    if (object._typename === 'TH2D') moments.push('fTsumwy', 'fTsumwy2', 'fTsumwxy');
    say('moments', ...moments.map(name => bits(object[name])));
    say('sumw2', ...Array.from(object.fSumw2, bits));
    say('cells', ...Array.from(object.fArray, bits));
}

async function folder(file, keys, where) {
    for (const key of keys) {
        const path = where + key.fName;
        say('key', path, key.fClassName, key.fTitle);
        if (/^TH[12]D$/.test(key.fClassName)) histogram(path, await file.readObject(path));
        else if (key.fClassName === 'TTree') await tree(path, await file.readObject(path));
        else if (key.fClassName === 'ROOT::RNTuple') await ntuple(path, await file.readObject(path));
        else if (key.fClassName === 'TObjString')
            say('text', JSON.stringify((await file.readObject(path)).fString));
        else if (key.fClassName === 'TDirectory')
            await folder(file, (await file.readDirectory(path)).fKeys, path + '/');
        else throw new Error(`${path}: class ${key.fClassName} is not known here`);
        flush();
    }
}

const complaints = [];
console.error = console.warn = console.log = (...words) => complaints.push(words.join(' '));
try {
    const file = await openFile(path);
    if (!file) throw new Error('cannot be opened as a ROOT file');
    say('streamers', file.fStreamerInfos?.arr?.map(info => info.fName).join(' ') ?? '-');
    await folder(file, file.fKeys.filter(key => key.fName !== 'StreamerInfo'), '');
    if (complaints.length) throw new Error(`jsroot said: ${complaints[0]}`);
    flush();
} catch (error) {
    refuse(error);
}
