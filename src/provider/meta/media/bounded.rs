//! A map with room for so many keys: the oldest ones make room.

use std::borrow::Borrow;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// Keys and values, no more than `most`.
pub struct Bounded<K, V> {
    most: usize,
    all: HashMap<K, V>,
    /// In the order in which they came.
    order: VecDeque<K>,
}

impl<K: Clone + Eq + Hash, V> Bounded<K, V> {
    pub fn new(most: usize) -> Bounded<K, V> {
        Bounded { most, all: HashMap::new(), order: VecDeque::new() }
    }

    /// Puts a value under a key. False: there was one.
    pub fn put(&mut self, key: K, value: V) -> bool {
        if self.all.insert(key.clone(), value).is_some() {
            return false;
        }
        self.order.push_back(key);
        while self.order.len() > self.most {
            if let Some(oldest) = self.order.pop_front() {
                self.all.remove(&oldest);
            }
        }
        true
    }

    pub fn get<Q: ?Sized + Eq + Hash>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.all.get(key)
    }

    pub fn remove<Q: ?Sized + Eq + Hash>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
    {
        if self.all.remove(key).is_some() {
            self.order.retain(|it| it.borrow() != key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_make_room() {
        let mut map = Bounded::new(2);
        assert!(map.put(1, "a") && map.put(2, "b") && !map.put(1, "c"));
        assert_eq!((map.get(&1), map.get(&2)), (Some(&"c"), Some(&"b")));
        map.put(3, "d");
        assert_eq!((map.get(&1), map.get(&2), map.get(&3)), (None, Some(&"b"), Some(&"d")));
        for _ in 0..100 {
            map.remove(&4);
            map.put(4, "e");
        }
        assert_eq!(map.get(&4), Some(&"e"));
        assert!(map.order.len() <= 2 && map.all.len() <= 2);
    }
}
